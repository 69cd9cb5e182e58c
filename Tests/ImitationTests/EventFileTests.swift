import Demonstrations
import Foundation
import Imitation
import Neural
import TestSupport
import Testing

private func hexadecimal(_ data: Data) -> String {
  data.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

/// What TensorBoard reads; the bytes come from its own writer (TensorBoard 2.20, `RecordWriter`
/// over `Event(…).SerializeToString()`).
@Suite struct EventFileTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private var path: String { folder.file(EventFile.name) }

  private func contents() throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

  private func line(_ step: Int) -> TrainingMetrics {
    TrainingMetrics(
      step: step, loss: 1 / Double(step), gradientNorm: 2, learningRate: 0.001)
  }

  /// Steps of the entries, read as TensorBoard lays them out, without our own reader.
  private func steps() throws -> [Int] {
    let bytes = [UInt8](try contents())
    var steps: [Int] = []
    var offset = 0
    while offset < bytes.count {
      let length = Int(bytes[offset]) | Int(bytes[offset + 1]) << 8
      let message = bytes[offset + 12..<offset + 12 + length]
      #expect(message.first == 0x09)
      let rest = Array(message.dropFirst(9))
      steps.append(
        rest[0] != 0x10
          ? 0 : Int(rest[1] & 0x7F) | (rest[1] >= 0x80 ? Int(rest[2] & 0x7F) << 7 : 0))
      offset += 16 + length
    }
    #expect(offset == bytes.count)
    return steps
  }

  @Test func `the checksum is CRC-32C`() {
    #expect(CRC32C.checksum(of: Data("123456789".utf8)) == 0xE306_9283)
    // RFC 3720, appendix B.4: 32 bytes of zeroes, of ones, and rising.
    #expect(CRC32C.checksum(of: [UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
    #expect(CRC32C.checksum(of: [UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
    #expect(CRC32C.checksum(of: (0..<32).map { UInt8($0) }) == 0x46DD_794E)
  }

  @Test func `entries have the bytes that TensorBoard's own writer gives them`() {
    let version = TrainingEvent(wallTime: 1_763_740_800.25)
    #expect(
      hexadecimal(version.record)
        == "1800000000000000a37f4b2209000010202348da411a0d627261696e2e4576656e743a3272155926")
    let scalars = TrainingEvent(
      wallTime: 1_763_740_801.5, step: 300,
      scalars: [.init("train/loss", 0.125), .init("train/learning_rate", 0.001)])
    #expect(
      hexadecimal(scalars.record)
        == "3d000000000000006049f1ec09000060202348da4110ac022a2f0a110a0a747261696e2f6c6f737315"
        + "0000003e0a1a0a13747261696e2f6c6561726e696e675f72617465156f12833aeb7867ab")
  }

  @Test func `lines wait for the folder, and then are there at once, with the rate`() throws {
    var time = 100.0
    var file = try EventFile(in: folder.path, after: [], step: 0) { time }
    time = 102
    try file.append(line(10))
    #expect(!FileManager.default.fileExists(atPath: path))
    try file.write()
    #expect(try steps() == [0, 10])
    time = 104
    try file.append(line(200))
    #expect(try steps() == [0, 10, 200])
    let tag = Data("train/steps_per_second".utf8)
    let last = try #require(contents().range(of: tag, options: .backwards))
    // (200 − 10) steps in 2 s, as a float after the field's key.
    let rate = try contents()[last.upperBound...].prefix(5)
    #expect(hexadecimal(rate) == "15" + "0000be42")
  }

  @Test(arguments: [0, 1, 7, 60])
  func `a resumed file has every step once, whatever was left behind the checkpoint`(
    torn: Int
  ) throws {
    var file = try EventFile(in: folder.path, after: [], step: 0)
    try file.write()
    for step in [10, 20, 30, 40] { try file.append(line(step)) }
    let whole = try contents()
    try whole.dropLast(torn).write(to: URL(fileURLWithPath: path))
    // The checkpoint is of step 25; lines 30 and 40 will be computed again.
    var resumed = try EventFile(in: folder.path, after: [line(10), line(20)], step: 25)
    try resumed.append(line(30))
    #expect(try steps() == [0, 10, 20, 30])
    try FileManager.default.removeItem(atPath: path)
    var lost = try EventFile(in: folder.path, after: [line(10), line(20)], step: 25)
    try lost.write()
    #expect(try steps() == [0, 10, 20])
  }

  @Test func `a training leaves the steps of its metrics, also where it was resumed`() throws {
    let store = try ToyDemonstrations.store(in: folder, episodes: 20)
    var configuration = TrainingConfiguration(
      steps: 60, batch: 8, logInterval: 7, checkpointInterval: 25)
    configuration.policy.backbone = MLP(hiddenWidth: 8)
    configuration.policy.horizons = try Horizons(observation: 1, prediction: 2, action: 1)
    let run = folder.file("run")
    let first = try Trainer(configuration, demonstrations: store)
    try first.run(output: run, shouldStop: { first.training.state.step == 33 })
    let second = try Trainer(configuration, demonstrations: store)
    try second.run(output: run, resume: true)
    try FileManager.default.copyItem(atPath: "\(run)/\(EventFile.name)", toPath: path)
    let logged = try Checkpoint(contentsOf: run).metrics.map(\.step)
    #expect(logged == [7, 14, 21, 28, 35, 42, 49, 56, 60])
    #expect(try steps() == [0] + logged)
  }
}
