# SPDX-License-Identifier: Apache-2.0
"""What pytest runs in the benchmark: 1 500 small tests with a fixture."""
import json

import pytest


@pytest.fixture
def numbers():
    return [{"number": number, "square": number * number} for number in range(40)]


def total(numbers, name):
    return sum(entry[name] for entry in numbers)


@pytest.mark.parametrize("turn", range(500))
def test_total(numbers, turn):
    assert total(numbers, "number") == 780


@pytest.mark.parametrize("turn", range(500))
def test_text(numbers, turn):
    assert json.loads(json.dumps(numbers)) == numbers


@pytest.mark.parametrize("turn", range(500))
def test_missing(numbers, turn):
    with pytest.raises(KeyError):
        total(numbers, "cube")
