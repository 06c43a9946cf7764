// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

/// What every Swift target is compiled with: the arrows of ARCHITECTURE.md are held by the import rules,
/// memory by strict memory safety, and no warning is tolerated.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableExperimentalFeature("Lifetimes"),
]

let argumentParser: Target.Dependency = .product(
  name: "ArgumentParser", package: "swift-argument-parser")
let system: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")

let package = Package(
  name: "honeyguide",
  products: [
    .executable(name: "honeyguide", targets: ["honeyguide"]),
    .library(name: "BPF", targets: ["BPF"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
  ],
  targets: [
    // The eBPF library.
    .systemLibrary(
      name: "CLibBPF", path: "Sources/CLibBPF", providers: [.apt(["libbpf-dev", "libelf-dev"])]),
    .target(
      name: "BPF", dependencies: ["CLibBPF", system], swiftSettings: strict,
      // The archives, not the shared libraries: the binary runs where neither is installed.
      linkerSettings: [
        .linkedLibrary(":libbpf.a"), .linkedLibrary(":libelf.a"), .linkedLibrary(":libz.a"),
      ]),

    // What programs and libraries on disk are made of: no I/O.
    .target(name: "ELF", swiftSettings: strict),

    // The domain's words, and their presentation: no kernel, no I/O.
    .target(name: "Inspection", swiftSettings: strict),
    .target(name: "Report", dependencies: ["Inspection"], swiftSettings: strict),

    // The kernel programs, and everything that starts, follows and decodes.
    .target(name: "CProbeEvents", path: "Sources/CProbeEvents"),
    .target(name: "CLaunch", path: "Sources/CLaunch"),
    // What the agent inside a Python process and Honeyguide share.
    .target(name: "CAgentTable", path: "Sources/CAgentTable"),
    .target(
      name: "Probes",
      dependencies: ["BPF", "ELF", "CProbeEvents", "CLaunch", "CAgentTable", "Inspection", system],
      exclude: ["Programs", "Agent"], swiftSettings: strict, plugins: ["CompileProbes"]),
    .executableTarget(
      name: "EmbedObject", dependencies: [system], swiftSettings: strict),
    .plugin(name: "CompileProbes", capability: .buildTool(), dependencies: ["EmbedObject"]),

    .executableTarget(
      name: "honeyguide",
      dependencies: ["Probes", "Report", "Inspection", argumentParser, system],
      swiftSettings: strict),

    // `make bench`: no product.
    .executableTarget(
      name: "honeyguide-bench", dependencies: [argumentParser, system], path: "Benchmarks/Driver",
      swiftSettings: strict),

    .target(name: "CTestSupport", path: "Tests/CTestSupport"),
    .testTarget(
      name: "BPFTests", dependencies: ["BPF", "CTestSupport", system], exclude: ["Programs"],
      swiftSettings: strict, plugins: ["CompileProbes"]),
    .testTarget(
      name: "ELFTests", dependencies: ["ELF", "TestSupport", system], swiftSettings: strict),
    // Events written by hand, for the tests of what is made of them.
    .target(
      name: "Stories", dependencies: ["Inspection"], path: "Tests/Stories", swiftSettings: strict),
    .testTarget(
      name: "InspectionTests", dependencies: ["Inspection", "Stories"], swiftSettings: strict),
    .testTarget(
      name: "ReportTests", dependencies: ["Report", "Inspection", "Stories"], swiftSettings: strict),
    .testTarget(
      name: "ProbesTests",
      dependencies: [
        "Probes", "BPF", "ELF", "CLaunch", "CProbeEvents", "Inspection", "Report", "LaunchDriver",
        "TestSupport",
      ],
      swiftSettings: strict),
    // Starts a command as `honeyguide run` does, with nothing attached.
    .executableTarget(
      name: "LaunchDriver", dependencies: ["Probes", "Inspection"], path: "Tests/Support/LaunchDriver",
      swiftSettings: strict),

    // Honeyguide against another witness. It depends on no target of ours: what is under test is the binary.
    .target(
      name: "TestSupport", dependencies: [system], path: "Tests/Support", exclude: ["LaunchDriver"],
      swiftSettings: strict),
    .testTarget(name: "DifferentialTests", dependencies: ["TestSupport", system], swiftSettings: strict),
  ]
)
