import Checksums
import Demonstrations
import Foundation
import Imitation
import Neural
import TestSupport
import Testing

/// Checkpoints that version 0.1 wrote (format 2), one of each method and network: they act, and go
/// on training, to the bytes to which 0.1 did (`expected.json` holds what it answered).
@Suite struct FormerCheckpointTests {
  private struct Expected: Decodable {
    /// Windows × actions × values.
    let answers: [[[Float]]]
    /// The SHA-256 of the model's tensors, in the order of their names, after ten more steps.
    let resumed: String
  }

  private static let folder =
    Bundle.module.resourceURL?
    .appendingPathComponent("Fixtures/format2").path ?? ""

  private static let names = [
    "diffusion", "diffusion-kde", "diffusion-x", "discretised", "ebm", "gaussian", "kmeans",
    "kmeans-residual", "mse", "sieve", "transformer",
  ]

  /// Those whose bytes are the same on every processor: attention adds in as many parts as a
  /// register has lanes, and 0.1 answered on AVX-512.
  private static var exact: [String] {
    let processor = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)
    let isWide = processor?.contains("avx512vl") ?? false
    return names.filter { $0 != "transformer" || isWide }
  }

  private func expected(_ name: String) throws -> Expected {
    let data = try Data(contentsOf: URL(fileURLWithPath: "\(Self.folder)/expected.json"))
    return try #require(JSONDecoder().decode([String: Expected].self, from: data)[name])
  }

  // The energy search weighs what it finds otherwise since 0.2, and so answers otherwise.
  @Test(arguments: exact.filter { $0 != "ebm" })
  func `a checkpoint of 0.1 answers as it did`(_ name: String) throws {
    #expect(try answers(of: name) == (try expected(name)).answers)
  }

  private func answers(of name: String) throws -> [[[Float]]] {
    let service = DecisionService(try Policy(contentsOf: "\(Self.folder)/\(name)"))
    let lines = try Data(contentsOf: URL(fileURLWithPath: "\(Self.folder)/windows.jsonl"))
    struct Answer: Decodable { let actions: [[Float]] }
    return try lines.split(separator: UInt8(ascii: "\n")).map {
      try JSONDecoder().decode(Answer.self, from: service.answer(Data($0))).actions
    }
  }

  @Test func `a transformer of 0.1 answers nearly so on any processor`() throws {
    let answers = try answers(of: "transformer")
    let wanted = try expected("transformer").answers
    expectClose(
      answers.flatMap { $0 }.flatMap { $0 }, wanted.flatMap { $0 }.flatMap { $0 }, absolute: 1e-3)
  }

  @Test(arguments: exact)
  func `a training of 0.1 goes on to the same bytes`(_ name: String) throws {
    let folder = try TemporaryFolder()
    let run = folder.file("run")
    try FileManager.default.copyItem(atPath: "\(Self.folder)/\(name)", toPath: run)
    var configuration = try Checkpoint(contentsOf: run).configuration
    configuration.steps = 310
    let store = try DemonstrationStore(reading: "\(Self.folder)/push.hdf5")
    try Trainer(configuration, demonstrations: store, threads: 1).run(output: run, resume: true)
    let model = try Safetensors(contentsOf: "\(run)/model.safetensors")
    var digest = SHA256()
    for (_, tensor) in model.tensors.sorted(by: { $0.key < $1.key }) {
      tensor.elements.withUnsafeBytes { digest.update($0) }
    }
    #expect(digest.hexadecimal == (try expected(name)).resumed)
  }
}
