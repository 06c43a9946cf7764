// SPDX-License-Identifier: Apache-2.0
import Foundation
import PackagePlugin

/// Compiles each `Programs/NAME.bpf.c` of a target with the Swift toolchain's own clang, and embeds the
/// object into a Swift source: `EmbeddedObject.NAME`. So the product is one file, and nothing is compiled
/// where it runs. The same with what is in `Agent`, if there is such a folder: all of it becomes one shared library,
/// `EmbeddedObject.agent`, and an empty one for 32-bit programs, `EmbeddedObject.agent32`.
@main
struct CompileProbes: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    let agent = target.directoryURL.appending(path: "Agent")
    guard FileManager.default.fileExists(atPath: agent.path) else {
      return try programCommands(context, target.directoryURL.appending(path: "Programs"))
    }
    return try programCommands(context, target.directoryURL.appending(path: "Programs"))
      + agentCommands(context, agent)
  }

  func programCommands(_ context: PluginContext, _ programs: URL) throws -> [Command] {
    let events = context.package.directoryURL.appending(path: "Sources/CProbeEvents/include")
    let files = try contents(of: programs)
    let headers = try files.filter(isHeader) + contents(of: events).filter(isHeader)

    return try files.filter { $0.lastPathComponent.hasSuffix(".bpf.c") }.map { source in
      let name = String(source.lastPathComponent.dropLast(".bpf.c".count))
      return try command(
        context, "Compiling \(source.lastPathComponent)", name: name, object: "\(name).bpf",
        inputs: [source] + headers,
        // The object depends on no header of this machine but libbpf's helpers.
        arguments: [
          "-target", "bpf", "-mcpu=v3", "-O2", "-g", "-std=gnu11",
          "-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter", "-D__TARGET_ARCH_\(architecture)",
          "-fdebug-prefix-map=\(programs.path)=.", "-fdebug-compilation-dir=.",
          "-I", events.path, "-I", programs.path, "-c", source.path,
        ])
    }
  }

  func agentCommands(_ context: PluginContext, _ agent: URL) throws -> [Command] {
    let table = context.package.directoryURL.appending(path: "Sources/CAgentTable/include")
    let files = try contents(of: agent).sorted { $0.path < $1.path }
    let headers = try files.filter(isHeader) + contents(of: table).filter(isHeader)
    let empty = agent.appending(path: "empty.c")
    let sources = files.filter { $0.pathExtension == "c" && $0 != empty }
    // No C library: the agent is loaded into whatever runs, and takes the names it needs from what it finds there. Two
    // segments instead of four, none of them protected later: each costs whatever runs some microseconds at its start.
    let library = [
      "-std=gnu11", "-O2", "-fPIC", "-ffreestanding", "-fvisibility=hidden", "-fno-stack-protector",
      "-fasynchronous-unwind-tables", "-fno-plt", "-Wall", "-Wextra", "-Werror",
      "-shared", "-nostdlib", "-fuse-ld=lld", "-Wl,-soname,agent.so", "-Wl,-z,now", "-Wl,-z,noexecstack",
      "-Wl,--no-rosegment", "-Wl,-z,norelro",
      "-Wl,--eh-frame-hdr", "-Wl,--hash-style=both", "-Wl,--strip-all",
    ]
    return try [
      command(
        context, "Compiling the agent", name: "agent", object: "agent", inputs: sources + headers,
        arguments: ["-target", "\(machine)-unknown-linux-gnu", "-I", table.path, "-I", agent.path]
          + library + sources.map(\.path)),
      command(
        context, "Compiling the agent for 32-bit programs", name: "agent32", object: "agent32",
        inputs: [empty],
        arguments: ["-target", machine32] + library + [empty.path]),
    ]
  }

  func command(
    _ context: PluginContext, _ title: String, name: String, object: String, inputs: [URL],
    arguments: [String]
  ) throws -> Command {
    let objectFile = context.pluginWorkDirectoryURL.appending(path: "\(object).o")
    let swift = context.pluginWorkDirectoryURL.appending(path: "\(object).swift")
    return .buildCommand(
      displayName: title, executable: try context.tool(named: "EmbedObject").url,
      arguments: [name, objectFile.path, swift.path, try context.tool(named: "clang").url.path] + arguments
        + ["-o", objectFile.path],
      inputFiles: inputs, outputFiles: [swift])
  }

  func contents(of directory: URL) throws -> [URL] {
    try FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil)
  }

  func isHeader(_ file: URL) -> Bool { file.pathExtension == "h" }

  /// The machine's name as libbpf's bpf_tracing.h spells it.
  var architecture: String {
    #if arch(arm64)
      "arm64"
    #else
      "x86"
    #endif
  }

  /// The machine's name as clang's targets spell it, and the target of its 32-bit programs.
  var machine: String {
    #if arch(arm64)
      "aarch64"
    #else
      "x86_64"
    #endif
  }
  var machine32: String {
    #if arch(arm64)
      "armv7-unknown-linux-gnueabihf"
    #else
      "i386-unknown-linux-gnu"
    #endif
  }
}
