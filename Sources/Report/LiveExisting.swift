// SPDX-License-Identifier: Apache-2.0
internal import Inspection

extension LiveLine {
  /// What was there when Honeyguide attached.
  mutating func existing(_ existing: Existing) {
    verb("existing")
    switch existing {
    case .process(let image): arguments(image)
    case .file(let file):
      text("\(file.descriptor) ")
      guard let socket = file.socket else {
        path(file.target)
        access(file.flags)
        return
      }
      end(socket.transport, socket.local)
      if let remote = socket.remote {
        text(" to ")
        address(remote)
      }
      if let state = socket.state { text(" \(state)") }
    }
  }
}
