// swift-tools-version: 6.1
import PackageDescription

let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

/// C++'s standard library, which is named otherwise on other systems.
let standardCPlusPlus: [LinkerSetting] = [
  .linkedLibrary("stdc++", .when(platforms: [.linux])),
  .linkedLibrary("c++", .when(platforms: [.macOS])),
]

#if os(macOS)
  let hdf5 = "hdf5"
#else
  let hdf5 = "hdf5-serial"
#endif

/// A Swift target with the package's settings; `path` defaults to `Sources/<name>`.
func floor(_ name: String, path: String? = nil, on dependencies: [Target.Dependency] = []) -> Target
{
  .target(name: name, dependencies: dependencies, path: path, swiftSettings: settings)
}

/// A test target `<name>Tests` in `Tests/<name>Tests`, with the comparison helpers.
func tests(
  _ name: String, on dependencies: [Target.Dependency] = [], fixtures: Bool = false
) -> Target {
  .testTarget(
    name: "\(name)Tests",
    dependencies: [.byName(name: name), "TestSupport"] + dependencies,
    resources: fixtures ? [.copy("Fixtures")] : [],
    swiftSettings: settings)
}

/// What `Imitation` re-exports is declared beside it: a build that goes on would not know otherwise
/// that who imports it depends on these too.
let imitation: [Target.Dependency] = ["Imitation", "PolicyRuntime", "PolicyTraining"]

let package = Package(
  name: "swift-diffusion-policy",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "Diffusion", targets: ["Diffusion"]),
    .library(name: "Randomness", targets: ["Randomness"]),
    .library(name: "Neural", targets: ["Neural"]),
    .library(name: "EnvironmentInterface", targets: ["EnvironmentInterface"]),
    .library(name: "Environments", targets: ["Environments"]),
    .library(name: "ExternalEnvironments", targets: ["ExternalEnvironments"]),
    .library(name: "Demonstrations", targets: ["Demonstrations"]),
    .library(name: "PolicyRuntime", targets: ["PolicyRuntime"]),
    .library(name: "Imitation", targets: ["Imitation"]),
    .library(name: "PolicyMetrics", targets: ["PolicyMetrics"]),
    .library(name: "Evaluation", targets: ["Evaluation"]),
    .library(name: "Speed", targets: ["Speed"]),
    .library(name: "Studio", targets: ["Studio", "Web"]),
    .executable(name: "dpolicy", targets: ["dpolicy"]),
  ],
  traits: [
    .trait(
      name: "MPI",
      description: "Trainings that several processes share, by Open MPI (libopenmpi-dev).")
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/swhitty/FlyingFox", from: "0.27.1"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
  ],
  targets: [
    // MARK: Libraries, from the ground floor up
    floor("Naming"),
    floor("Randomness"),
    floor("DurableFiles"),
    .target(name: "CChecksums"),
    floor("Checksums", on: ["CChecksums"]),
    floor("Diffusion", on: ["Naming"]),
    .target(
      name: "CKernels",
      cSettings: [.define("_GNU_SOURCE", .when(platforms: [.linux]))],
      linkerSettings: [
        .linkedLibrary("m", .when(platforms: [.linux])),
        .linkedLibrary("pthread", .when(platforms: [.linux])),
      ]),
    floor("Neural", on: ["Randomness", "CKernels"]),
    .target(
      name: "CMessagePassing",
      dependencies: [.target(name: "CMPI", condition: .when(traits: ["MPI"]))],
      cSettings: [.define("DPOLICY_MPI", .when(traits: ["MPI"]))]),
    floor("MessagePassing", on: ["Neural", "CMessagePassing"]),
    floor("EnvironmentInterface", path: "Environments/Interface", on: ["Naming"]),
    .target(name: "CJPEG", dependencies: ["CJPEGLibrary"]),
    floor("Drawing", on: ["EnvironmentInterface", "DurableFiles", "CCairo", "CJPEG", "CWebP"]),
    .target(
      name: "CBox2D", dependencies: ["CBox2DLibrary"], path: "Environments/CBox2D",
      linkerSettings: standardCPlusPlus),
    floor("Physics", path: "Environments/Physics", on: ["CBox2D"]),
    floor(
      "Claw", path: "Environments/Claw",
      on: ["EnvironmentInterface", "Drawing", "Physics", "Randomness", "Naming"]),
    floor(
      "Push", path: "Environments/Push",
      on: ["EnvironmentInterface", "Drawing", "Physics", "Randomness", "Naming"]),
    floor(
      "PushT", path: "Environments/PushT",
      on: ["EnvironmentInterface", "Drawing", "Physics", "Randomness", "Naming"]),
    floor(
      "Environments", path: "Environments/Standard",
      on: ["Claw", "Push", "PushT", "EnvironmentInterface"]),
    floor(
      "ExternalEnvironments", path: "Environments/External",
      on: ["EnvironmentInterface", "Drawing", "Naming"]),
    floor(
      "Web",
      on: [
        .product(name: "FlyingFox", package: "FlyingFox"),
        .product(name: "FlyingSocks", package: "FlyingFox"),
        .product(name: "Logging", package: "swift-log"),
      ]),
    floor(
      "PolicyRuntime",
      on: [
        "Neural", "Diffusion", "EnvironmentInterface", "Randomness", "Naming", "DurableFiles",
        "Checksums",
      ]),
    .target(name: "CHDF5Probe", dependencies: ["CHDF5"]),
    .target(name: "CHDF5Writer", dependencies: ["CHDF5"]),
    floor(
      "Demonstrations",
      on: [
        "EnvironmentInterface", "Naming", "DurableFiles", "Checksums", "CHDF5", "CHDF5Probe",
        "CHDF5Writer",
      ]),
    floor(
      "PolicyTraining",
      on: [
        "PolicyRuntime", "Neural", "Diffusion", "Demonstrations", "EnvironmentInterface",
        "Randomness", "DurableFiles",
      ]),
    floor("Imitation", on: ["PolicyRuntime", "PolicyTraining"]),
    .target(name: "CTransport", dependencies: ["CLemon"], linkerSettings: standardCPlusPlus),
    floor("PolicyMetrics", on: ["CTransport", "Randomness"]),
    floor(
      "Evaluation",
      on: imitation + [
        "PolicyMetrics", "Neural", "Diffusion", "Demonstrations", "EnvironmentInterface", "Drawing",
        "Randomness", "Naming", "DurableFiles", "Checksums",
      ]),
    floor(
      "Speed",
      on: imitation + [
        "Evaluation", "Neural", "Diffusion", "Demonstrations", "EnvironmentInterface", "Randomness",
        "Naming",
      ]),
    .target(
      name: "Studio",
      dependencies: imitation + [
        "Web", "Diffusion", "Demonstrations", "EnvironmentInterface", "Naming",
        .product(name: "Logging", package: "swift-log"),
      ],
      resources: [.copy("Pages")],
      swiftSettings: settings),
    .executableTarget(
      name: "dpolicy",
      dependencies: imitation + [
        "Environments", "ExternalEnvironments", "Studio", "Web", "Evaluation", "Speed",
        "MessagePassing", "PolicyMetrics", "Demonstrations", "Neural", "Diffusion", "Drawing",
        "EnvironmentInterface", "Naming", "DurableFiles", "Yams",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: settings),

    // MARK: System libraries
    .systemLibrary(
      name: "CHDF5", pkgConfig: hdf5, providers: [.apt(["libhdf5-dev"]), .brew(["hdf5"])]),
    .systemLibrary(
      name: "CCairo", pkgConfig: "cairo", providers: [.apt(["libcairo2-dev"]), .brew(["cairo"])]),
    .systemLibrary(
      name: "CJPEGLibrary", pkgConfig: "libjpeg",
      providers: [.apt(["libjpeg-dev"]), .brew(["jpeg-turbo"])]),
    .systemLibrary(
      name: "CWebP", pkgConfig: "libwebpmux", providers: [.apt(["libwebp-dev"]), .brew(["webp"])]),
    // Version 2.4; Homebrew's box2d is version 3, another interface.
    .systemLibrary(
      name: "CBox2DLibrary", path: "Environments/CBox2DLibrary", pkgConfig: "box2d",
      providers: [.apt(["libbox2d-dev"])]),
    .systemLibrary(
      name: "CMPI", pkgConfig: "ompi-c", providers: [.apt(["libopenmpi-dev"]), .brew(["open-mpi"])]),
    .systemLibrary(name: "CLemon", pkgConfig: "lemon", providers: [.apt(["liblemon-dev"])]),

    // MARK: Tests
    .target(name: "TestSupport", path: "Tests/Support", swiftSettings: settings),
    .target(name: "CAllocations", path: "Tests/Allocations"),
    tests("Randomness"),
    tests("Diffusion", on: ["PolicyRuntime", "Randomness", "Naming"], fixtures: true),
    tests("Neural", on: ["Randomness", "CKernels"], fixtures: true),
    tests(
      "EnvironmentInterface",
      on: [
        "Environments", "ExternalEnvironments", "Claw", "Push", "PushT", "Randomness", "Naming",
      ]),
    tests(
      "ExternalEnvironments",
      on: [
        "Evaluation", "Imitation", "Demonstrations", "Push", "PushT", "EnvironmentInterface",
      ]),
    tests("Drawing", on: ["EnvironmentInterface"]),
    tests("Physics"),
    tests("Claw", on: ["EnvironmentInterface", "Drawing", "Randomness"]),
    tests("Push", on: ["EnvironmentInterface", "Drawing", "Randomness"]),
    tests(
      "PushT", on: ["EnvironmentInterface", "Drawing", "Physics", "Randomness", "Naming"],
      fixtures: true),
    tests("Checksums", on: ["CChecksums"]),
    tests(
      "Demonstrations", on: ["Imitation", "EnvironmentInterface", "Randomness"], fixtures: true),
    tests(
      "Imitation",
      on: [
        "Neural", "Diffusion", "Demonstrations", "EnvironmentInterface", "Randomness", "Naming",
        "CAllocations", "Checksums",
      ],
      fixtures: true),
    tests("PolicyMetrics", on: ["Randomness"], fixtures: true),
    tests(
      "Evaluation",
      on: [
        "PolicyMetrics", "Imitation", "Diffusion", "Demonstrations", "Drawing", "DurableFiles",
        "Neural", "Environments", "EnvironmentInterface", "Randomness", "Naming",
      ]),
    tests("Web"),
    tests(
      "Studio",
      on: [
        "Web", "Claw", "Push", "PushT", "Imitation", "Diffusion", "Demonstrations",
        "EnvironmentInterface", "Randomness",
      ]),
    tests("dpolicy", on: ["Demonstrations", "EnvironmentInterface"]),
  ]
)
