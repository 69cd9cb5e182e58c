import Demonstrations
import EnvironmentInterface
import Foundation
import Imitation
import Naming
import Randomness
import TestSupport
import Testing

/// Windows that do not fit into the memory that is allowed for them.
@Suite struct DiskWindowTests {
  private let folder: TemporaryFolder
  private let store: DemonstrationStore
  /// A step takes 92 bytes: 4 features, 2 values of an action, 60 bytes of an image.
  private static let lengths = (0..<60).map { 1 + $0 * 7 % 50 }
  private static let names = ["camera", "state"]
  private static let steps = lengths.reduce(0, +)

  init() throws {
    folder = try TemporaryFolder()
    let recorder = try DemonstrationRecorder(
      path: folder.file("arm.hdf5"), environment: Samples.environment)
    for (index, length) in Self.lengths.enumerated() {
      try recorder.append(Samples.episode(seed: UInt64(index), steps: length))
    }
    try recorder.close()
    store = try DemonstrationStore(reading: folder.file("arm.hdf5"))
  }

  private func windows(
    _ horizons: Horizons, memory: Int, digesting: Bool = false
  ) throws -> WindowDataset {
    try WindowDataset(
      store, observations: Self.names, horizons: horizons, memory: ByteCount(memory),
      digesting: digesting)
  }

  /// What a window holds: features, chunk, pixels.
  private func values(_ data: WindowDataset, _ window: Int) -> [Float] {
    room(data) { features, chunk, pixels in
      data.gather(window: window, observation: features, action: chunk)
      data.gather(window: window, image: 0, shift: SIMD2(1, -1), into: pixels)
    }
  }

  private func values(_ data: WindowDataset, at place: WindowPlace) -> [Float] {
    room(data) { features, chunk, pixels in
      data.gather(place, observation: features, action: chunk)
      data.gather(place, image: 0, shift: SIMD2(1, -1), into: pixels)
    }
  }

  private func room(
    _ data: WindowDataset,
    _ fill: (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>)
      -> Void
  ) -> [Float] {
    var features = [Float](repeating: .nan, count: data.observationWidth)
    var chunk = [Float](repeating: .nan, count: data.chunkWidth)
    var pixels = [Float](repeating: .nan, count: 60 * data.horizons.observation)
    fill(&features, &chunk, &pixels)
    return features + chunk + pixels
  }

  @Test(arguments: [(1, 1), (2, 4), (3, 2), (1, 5)])
  func `they hold what they hold in memory, one by one and in the order of training`(
    observation: Int, prediction: Int
  ) throws {
    let horizons = try Horizons(observation: observation, prediction: prediction)
    let inMemory = try windows(horizons, memory: 1 << 20)
    let onDisk = try windows(horizons, memory: 40_000)
    #expect(inMemory.isInMemory && !onDisk.isInMemory)
    #expect(onDisk.normalizer == inMemory.normalizer && onDisk.count == Self.steps)
    for window in stride(from: 0, to: Self.steps, by: 13) {
      #expect(values(onDisk, window) == values(inMemory, window), "window \(window)")
    }
    #expect(try onDisk.chunks() == inMemory.chunks())

    let order = try WindowOrder(onDisk, batch: 32, seed: 4)
    for step in 0..<2 * Self.steps / 32 {
      try order.prepare(step: step)
      for row in 0..<32 {
        let place = order.window(step: step, row: row)
        let (actual, expected) = (values(onDisk, at: place), values(inMemory, place.window))
        guard actual == expected else {
          Issue.record("step \(step), row \(row), window \(place.window)")
          return
        }
      }
    }
  }

  /// The windows at `count` positions from the first of a step on.
  private func sequence(
    _ data: WindowDataset, batch: Int, seed: UInt64, from step: Int = 0, count: Int
  ) throws -> [Int] {
    let order = try WindowOrder(data, batch: batch, seed: seed)
    return try (0..<count).map { index in
      let (later, row) = index.quotientAndRemainder(dividingBy: batch)
      if row == 0 { try order.prepare(step: step + later) }
      return order.window(step: step + later, row: row).window
    }
  }

  @Test(arguments: [1, 7, 64])
  func `every window comes once an epoch, well mixed, whatever the batch`(batch: Int) throws {
    let data = try windows(.single, memory: 40_000)
    let (steps, epochs) = (Self.steps, 3)
    let all = try sequence(data, batch: batch, seed: 1, count: epochs * steps)
    for epoch in 0..<epochs {
      let windows = Array(all[epoch * steps..<(epoch + 1) * steps])
      #expect(windows.sorted() == Array(0..<steps), "epoch \(epoch)")
      // Two numbers drawn at random are a third of the range apart.
      let distance = zip(windows, windows.dropFirst()).reduce(0) { $0 + abs($1.0 - $1.1) }
      #expect(distance / steps > steps / 4, "epoch \(epoch)")
    }
    #expect(all[..<steps] != all[steps..<2 * steps])
    let other = try sequence(data, batch: batch, seed: 2, count: steps)
    #expect(other != Array(all[..<steps]))
  }

  @Test func `the order begins anywhere, and depends on memory but not on the batch`() throws {
    let data = try windows(Horizons(observation: 2, prediction: 3), memory: 40_000)
    let all = try sequence(data, batch: 16, seed: 9, count: 16 * 400)
    for step in [1, 37, 91, 92, 250] {
      let later = try sequence(data, batch: 16, seed: 9, from: step, count: 16 * 100)
      #expect(later == Array(all[16 * step..<16 * (step + 100)]), "step \(step)")
    }
    #expect(try sequence(data, batch: 50, seed: 9, count: 6400) == all)
    let more = try windows(data.horizons, memory: 60_000)
    #expect(try sequence(more, batch: 16, seed: 9, count: 6400) != all)
  }

  @Test func `windows in memory are all shuffled among each other`() throws {
    let data = try windows(.single, memory: 1 << 20)
    let all = try sequence(data, batch: 100, seed: 3, count: 3 * Self.steps)
    for (position, window) in all.enumerated() {
      let (epoch, place) = position.quotientAndRemainder(dividingBy: Self.steps)
      let order = KeyedPermutation(
        count: Self.steps, seed: 3, purpose: .batch, epoch: UInt32(epoch))
      guard window == order[place] else {
        Issue.record("position \(position)")
        return
      }
    }
  }

  @Test func `memory that cannot hold a batch is refused with how much could`() throws {
    let data = try windows(Horizons(observation: 2, prediction: 8), memory: 20_000)
    let error = #expect(throws: WindowError.self) { try WindowOrder(data, batch: 500, seed: 1) }
    guard case .memoryTooSmall(20_000, 500, let least)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    let enough = try windows(data.horizons, memory: least)
    #expect(throws: Never.self) { try WindowOrder(enough, batch: 500, seed: 1) }
  }

  @Test func `the pass that reads windows computes the digest, as another pass would`() throws {
    let digest = try DemonstrationStore(reading: store.path).digest()
    let data = try windows(.single, memory: 40_000, digesting: true)
    #expect(data.count == Self.steps)
    #expect(try store.digest() == digest)
    #expect(try store.summary().digest == digest)
    let text = message {
      _ = try WindowDataset(
        DemonstrationStore(reading: store.path), observations: ["camra"], digesting: true)
    }
    #expect(text.contains("'obs/camra' (did you mean 'obs/camera'?)"), "\(text)")
  }

  @Test func `windows of other horizons share the steps`() throws {
    let data = try windows(.single, memory: 1 << 20)
    let longer = try data.windows(Horizons(observation: 2, prediction: 3))
    let read = try windows(longer.horizons, memory: 1 << 20)
    for window in 0..<Self.steps { #expect(values(longer, window) == values(read, window)) }
    #expect(throws: WindowError.self) { try data.windows(Horizons(prediction: 51)) }
  }

  @Test(arguments: [
    ("2G", 2 << 30), ("1.5 GiB", 3 << 29), ("512M", 1 << 29), ("64kB", 1 << 16), ("4096", 4096),
    ("7 B", 7),
  ])
  func `sizes are written as people write them`(text: String, bytes: Int) throws {
    #expect(ByteCount(parsing: text)?.bytes == bytes)
    #expect(ByteCount(parsing: "\(ByteCount(bytes))".replacing("bytes", with: ""))?.bytes == bytes)
    for json in [Data("\"\(text)\"".utf8), Data("\(bytes)".utf8)] {
      #expect(try JSONDecoder().decode(ByteCount.self, from: json).bytes == bytes)
    }
    for wrong in ["", "G", "-1", "2X", "1e400", "two"] {
      #expect(ByteCount(parsing: wrong) == nil, "\(wrong)")
    }
  }
}
