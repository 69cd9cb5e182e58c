import Demonstrations
import Foundation
import Imitation
import TestSupport
import Testing

/// Checkpoints in which one bit is another.
@Suite struct CheckpointChecksumTests {
  let folder: TemporaryFolder
  let path: String
  let store: DemonstrationStore

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("run")
    store = try ToyDemonstrations.store(in: folder, episodes: 4)
    try trainer().run(output: path)
  }

  private func trainer(steps: Int = 2) throws -> Trainer {
    let configuration = TrainingConfiguration(
      policy: PolicyConfiguration(backbone: MLP(hiddenWidth: 4, depth: 1)), steps: steps, batch: 4)
    return try Trainer(configuration, demonstrations: store, threads: 1)
  }

  private func flip(_ bit: Int, of name: String) throws {
    let file = URL(fileURLWithPath: "\(path)/\(name)")
    var data = try Data(contentsOf: file)
    data[bit / 8 % data.count] ^= 1 << (bit % 8)
    try data.write(to: file)
  }

  @Test(arguments: ["config.json", "normalizer.json", "model.safetensors", "metrics.jsonl"])
  func `A flipped bit is noticed by who loads the policy`(name: String) throws {
    let size = try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)")).count
    for place in stride(from: 0, to: 8 * size, by: max(1, 8 * size / 40) | 1) {
      try flip(place, of: name)
      let text = message { _ = try Checkpoint(contentsOf: path) }
      #expect(text.contains("\(name): it does not match its checksum"), "bit \(place): \(text)")
      try flip(place, of: name)
    }
    _ = try Checkpoint(contentsOf: path)
  }

  @Test func `A flipped bit of the optimiser's state is noticed by who resumes`() throws {
    let size = try Data(contentsOf: URL(fileURLWithPath: "\(path)/training.safetensors")).count
    for place in stride(from: 5, to: 8 * size, by: 8 * size / 20) {
      try flip(place, of: "training.safetensors")
      _ = try Checkpoint(contentsOf: path)
      let text = message { try trainer(steps: 4).run(output: path, resume: true) }
      #expect(text.contains("training.safetensors: it does not match its checksum"), "\(text)")
      #expect(message { _ = try CheckpointReader(path).verify() } == text)
      try flip(place, of: "training.safetensors")
    }
    try trainer(steps: 4).run(output: path, resume: true)
  }

  @Test func `A flipped bit of the checksums themselves is noticed`() throws {
    let size = try Data(contentsOf: URL(fileURLWithPath: "\(path)/checksums.json")).count
    for bit in 0..<8 * size {
      try flip(bit, of: "checksums.json")
      #expect(!message { _ = try CheckpointReader(path).verify() }.isEmpty, "bit \(bit)")
      try flip(bit, of: "checksums.json")
    }
  }

  @Test func `A checkpoint of before is read and said to be one`() throws {
    #expect(try CheckpointReader(path).verify() == "files compared with their checksums")
    try FileManager.default.removeItem(atPath: "\(path)/checksums.json")
    _ = try Checkpoint(contentsOf: path)
    #expect(
      try CheckpointReader(path).verify().hasPrefix("a checkpoint of an earlier version without"))
  }
}
