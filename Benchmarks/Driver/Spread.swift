// SPDX-License-Identifier: Apache-2.0

/// What a row says of its samples: the median, and how far they lie apart.
struct Spread {
  let median: Double
  let least: Double
  let greatest: Double

  /// `samples` must not be empty.
  init(_ samples: [Double]) {
    precondition(!samples.isEmpty, "a spread of nothing")
    let sorted = samples.sorted()
    let middle = sorted.count / 2
    median = sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    least = sorted[0]
    greatest = sorted[sorted.count - 1]
  }
}

extension Double {
  /// The number with `places` digits after the point, rounded half away from zero.
  func decimal(_ places: Int) -> String {
    guard isFinite, magnitude < 1e15 else { return "\(self)" }
    var scale = 1.0
    for _ in 0..<places { scale *= 10 }
    let digits = Int((magnitude * scale).rounded())
    let sign = self < 0 && digits > 0 ? "-" : ""
    guard places > 0 else { return sign + "\(digits)" }
    var text = String(digits)
    while text.count <= places { text = "0" + text }
    return sign + text.dropLast(places) + "." + text.suffix(places)
  }
}

extension Int {
  /// The number with a space between groups of three digits, as `500 000`.
  var grouped: String {
    var text = ""
    for (index, digit) in String(magnitude).reversed().enumerated() {
      if index > 0 && index % 3 == 0 { text.append(" ") }
      text.append(digit)
    }
    return (self < 0 ? "-" : "") + String(text.reversed())
  }
}
