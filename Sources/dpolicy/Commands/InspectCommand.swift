import ArgumentParser
import Demonstrations
import Foundation
import Imitation

/// `dpolicy inspect`: what a file or folder of ours holds.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Describe demonstrations or a checkpoint folder.",
    discussion: """
      With --verify every byte is read back and checked; damage gives exit status 65.

      Example: dpolicy inspect push.hdf5 --verify
      """)

  @Argument(
    help: "A demonstrations file, a folder of ACT's episodes, or a checkpoint folder.",
    completion: .file())
  var path: String

  @Flag(help: "Read every byte back and check it.")
  var verify = false

  @Flag(help: "Of a checkpoint: print its network and its sampling, for other programs, as JSON.")
  var graph = false

  @OptionGroup var links: LinkArguments

  @Flag(help: "Print one JSON document.")
  var json = false

  func run() throws {
    if graph { return try Output.json(describedNetwork()) }
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue,
      ForeignFormat(at: path) == nil
    {
      let report = try CheckpointReport(reading: path, verify: verify)
      if json { try Output.json(report) } else { try Output.result(report.text) }
    } else if verify {
      try verifyDemonstrations(links.open(path))
    } else {
      let summary = try links.open(path).summary()
      if json { try Output.json(summary) } else { try Output.result(summary.text) }
    }
  }

  private func describedNetwork() throws -> NetworkDescription {
    let checkpoint = try Checkpoint(contentsOf: path)
    guard
      let description = try checkpoint.model().description(weights: checkpoint.weights)
    else {
      throw UsageError(
        "\(path) is more than one network and a sampler: "
          + "\(type(of: checkpoint.configuration.policy.method).name)")
    }
    return description
  }

  private func verifyDemonstrations(_ store: DemonstrationStore) throws {
    let verification = store.verify()
    if json {
      try Output.json(verification)
    } else {
      let usable = verification.summary.unused.isEmpty ? "" : ", as far as it can be used"
      let verdict =
        verification.isSound
        ? "\n"
          + LabelledLines.wrapped(
            "intact\(usable): \(verification.method)", indent: 4, first: 2
          ).joined(separator: "\n") : ""
      try Output.result(verification.summary.text + verdict)
    }
    guard let first = verification.problems.first else { return }
    verification.problems.dropFirst().forEach { Output.note("dpolicy: \($0)") }
    throw DamagedData(description: first)
  }
}

/// Damage that a verification found.
struct DamagedData: Error, CustomStringConvertible {
  let description: String
}
