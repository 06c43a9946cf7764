// SPDX-License-Identifier: Apache-2.0
import Foundation
import PackagePlugin

/// Compiles each `Programs/NAME.bpf.c` of a target with the Swift toolchain's own clang, and embeds the
/// object into a Swift source: `EmbeddedObject.NAME`. So the product is one file, and nothing is compiled
/// where it runs.
@main
struct CompileProbes: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    let programs = target.directoryURL.appending(path: "Programs")
    let events = context.package.directoryURL.appending(path: "Sources/CProbeEvents/include")
    let files = try contents(of: programs)
    let headers = try files.filter(isHeader) + contents(of: events).filter(isHeader)
    let clang = try context.tool(named: "clang").url

    return try files.filter { $0.lastPathComponent.hasSuffix(".bpf.c") }.map { source in
      let name = String(source.lastPathComponent.dropLast(".bpf.c".count))
      let object = context.pluginWorkDirectoryURL.appending(path: "\(name).bpf.o")
      let swift = context.pluginWorkDirectoryURL.appending(path: "\(name).bpf.swift")
      return Command.buildCommand(
        displayName: "Compiling \(source.lastPathComponent)",
        executable: try context.tool(named: "EmbedObject").url,
        arguments: [
          name, object.path, swift.path,
          // The object depends on no header of this machine but libbpf's helpers.
          clang.path, "-target", "bpf", "-mcpu=v3", "-O2", "-g", "-std=gnu11",
          "-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter", "-D__TARGET_ARCH_\(architecture)",
          "-fdebug-prefix-map=\(programs.path)=.", "-fdebug-compilation-dir=.",
          "-I", events.path, "-I", programs.path, "-c", source.path, "-o", object.path,
        ],
        inputFiles: [source] + headers, outputFiles: [swift])
    }
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
}
