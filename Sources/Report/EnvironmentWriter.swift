// SPDX-License-Identifier: Apache-2.0
internal import Inspection

extension EventWriter {
  mutating func environment(_ difference: EnvironmentDifference) {
    if difference.isUnreadable {
      json.null("environment")
      return
    }
    json.name("environment")
    json.raw(#"{"whole":"#)
    json.raw(difference.isWhole ? "true" : "false")
    json.field("truncated", difference.isTruncated)
    variables("added", difference.added)
    variables("changed", difference.changed)
    json.field("removed", difference.removed.lazy.map(Optional.some))
    json.raw("}")
  }

  private mutating func variables(_ name: StaticString, _ variables: [Environment.Variable]) {
    json.name(name)
    json.raw("[")
    for (index, variable) in variables.enumerated() {
      json.raw(index > 0 ? ",{" : "{")
      json.first("name", variable.name)
      json.field("value", variable.value)
      if variable.isRedacted { json.field("redacted", true) }
      json.raw("}")
    }
    json.raw("]")
  }
}
