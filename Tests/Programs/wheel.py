# SPDX-License-Identifier: Apache-2.0
"""Writes a small wheel, by hand: nothing is built, nothing is fetched."""
import sys
import zipfile

files = {
    "small/__init__.py": "value = 1\n",
    "small/data.txt": "text\n",
    "small-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: small\nVersion: 1.0\n",
    "small-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    "small-1.0.dist-info/entry_points.txt": "[console_scripts]\nsmall = small:main\n",
}
files["small-1.0.dist-info/RECORD"] = "".join(f"{name},,\n" for name in [*files, "small-1.0.dist-info/RECORD"])
with zipfile.ZipFile(sys.argv[1], "w") as wheel:
    for name, text in files.items():
        wheel.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), text)
