// SPDX-License-Identifier: Apache-2.0
internal import Inspection
internal import Testing

@testable internal import Probes

struct HostMountsTests {
  private static let text = """
    25 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
    26 25 0:23 / /proc rw shared:2 - proc proc rw
    40 25 254:16 /srv/data /data\\040with\\134space rw - ext4 /dev/vdb rw
    41 25 254:16 / /mnt rw - ext4 /dev/vdb rw
    42 25 0:55 / /var/lib/docker/overlay2/abc/merged rw - overlay overlay rw

    """

  private static func mounts() -> HostMounts {
    HostMounts {
      false
    } read: {
      Array(text.utf8)
    }
  }

  @Test(
    arguments: [
      (254, 0, "/etc/hosts", "/etc/hosts"), (254, 0, "/", "/"),
      (254, 16, "/srv/data", "/data with\\space"), (254, 16, "/srv/data/x/y", "/data with\\space/x/y"),
      (254, 16, "/srv/database", "/mnt/srv/database"), (254, 16, "/", "/mnt"),
      (0, 55, "/etc/passwd", "/var/lib/docker/overlay2/abc/merged/etc/passwd"), (0, 99, "/x", nil),
    ] as [(UInt32, UInt32, ByteString, ByteString?)])
  func `A place in a file system is found below where that is mounted`(
    _ major: UInt32, _ minor: UInt32, _ inside: ByteString, _ path: ByteString?
  ) {
    #expect(Self.mounts().path(device: major << 20 | minor, inside: inside) == path)
  }

  @Test func `What is mounted is read again when it has changed, and not each time`() {
    final class Table {
      var text = "25 1 254:0 / / rw - ext4 /dev/vda1 rw\n"
      var hasChanged = false
      var reads = 0
    }
    let table = Table()
    let mounts = HostMounts {
      defer { table.hasChanged = false }
      return table.hasChanged
    } read: {
      table.reads += 1
      return Array(table.text.utf8)
    }
    for _ in 0..<2 { #expect(mounts.path(device: 8, inside: "/a") == nil) }
    #expect(table.reads == 1)
    let root = table.text
    for place in ["one", "other"] {
      (table.text, table.hasChanged) = (root + "26 25 0:8 / /\(place) rw - tmpfs t rw\n", true)
      for _ in 0..<2 { #expect(mounts.path(device: 8, inside: "/a") == ByteString("/\(place)/a")) }
    }
    #expect(table.reads == 3)
    (table.text, table.hasChanged) = (root, true)
    #expect(mounts.path(device: 8, inside: "/a") == nil)
  }

  @Test(
    arguments: [
      (
        "/system.slice/docker-" + String(repeating: "0a", count: 32) + ".scope",
        String(repeating: "0a", count: 32)
      ),
      ("/docker/" + String(repeating: "f1", count: 32), String(repeating: "f1", count: 32)),
      (
        "/machine.slice/libpod-" + String(repeating: "9c", count: 32) + ".scope/container",
        String(repeating: "9c", count: 32)
      ), ("/lxc.payload.web/init.scope", "web"), ("/user.slice/user-1000.slice/session-2.scope", nil),
      ("/docker/" + String(repeating: "F1", count: 32), nil), ("/", nil),
    ] as [(String, String?)])
  func `A container is known by its cgroup's name`(_ cgroup: String, _ id: String?) {
    #expect(Container.id(ofCgroup: ByteString(cgroup)) == id.map { ByteString($0) })
  }
}
