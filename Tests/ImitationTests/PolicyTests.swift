import Demonstrations
import Diffusion
import EnvironmentInterface
import Foundation
import Imitation
import Neural
import Randomness
import TestSupport
import Testing

/// Deciding, and loading what decides.
@Suite struct PolicyTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("run")
    try ToyDemonstrations.write(to: folder.file("toy.hdf5"), episodes: 20)
    let configuration = TrainingConfiguration(
      policy: PolicyConfiguration(
        method: DenoisingDiffusion(
          schedule: NoiseSchedule.Specification(kind: .linear, steps: 10),
          sampler: SamplerSpecification()),
        backbone: MLP(hiddenWidth: 24, depth: 2),
        horizons: try Horizons(observation: 2, prediction: 3, action: 2)),
      steps: 100, batch: 32)
    try Trainer(
      configuration, demonstrations: DemonstrationStore(reading: folder.file("toy.hdf5"))
    ).run(output: path)
  }

  // MARK: Deciding

  /// The network and Ho et al.'s algorithm 2 written out over the tensors of the file.
  private func naiveChunk(_ observation: [Double], key: DecisionKey) throws -> [Double] {
    let tensors = try Safetensors(contentsOf: "\(path)/model.safetensors").tensors
    func linear(_ name: String, _ x: [Double]) throws -> [Double] {
      let weight = try #require(tensors["\(name).weight"])
      let bias = try #require(tensors["\(name).bias"]).elements
      return bias.indices.map { row in
        x.indices.reduce(Double(bias[row])) {
          $0 + Double(weight.elements[row * x.count + $1]) * x[$1]
        }
      }
    }
    func gelu(_ x: Double) -> Double { x * 0.5 * erfc(-x / 2.0.squareRoot()) }
    func normals(_ index: UInt32) -> [Double] {
      var values = [Float](repeating: 0, count: 6)
      values.withUnsafeMutableBufferPointer {
        fillNormals(
          $0, seed: key.seed, purpose: .sampling, step: UInt32(key.step), index: index)
      }
      return values.map { Double($0) }
    }
    let betas = (0..<10).map { 1e-4 + (0.02 - 1e-4) * Double($0) / 9 }
    var alphaBar = betas.map { 1 - $0 }
    for i in 1..<10 { alphaBar[i] *= alphaBar[i - 1] }
    var x = normals(0)
    for (visited, t) in (1...10).reversed().enumerated() {
      var hidden = x + observation + [Double(t) / 10]
      for layer in 0..<2 { hidden = try linear("hidden.\(layer)", hidden).map(gelu) }
      let epsilon = try linear("output", hidden)
      let (beta, bar) = (betas[t - 1], alphaBar[t - 1])
      let previous = t > 1 ? alphaBar[t - 2] : 1
      let sigma = (beta * (1 - previous) / (1 - bar)).squareRoot()
      let noise = t > 1 ? normals(UInt32(visited + 1)) : Array(repeating: 0, count: 6)
      x = x.indices.map {
        (x[$0] - beta / (1 - bar).squareRoot() * epsilon[$0]) / (1 - beta).squareRoot()
          + sigma * noise[$0]
      }
    }
    return x
  }

  @Test func `a window in the caller's memory is answered as any other, also a short one`() throws {
    let policy = try Policy(contentsOf: path)
    let key = DecisionKey(seed: 4, step: 2)
    for seen in [[0.3], [-0.2, 0.8]] {
      let window = ObservationWindow(seen.map { ["position": .float64([$0])] })
      let expected = try policy.act(window, key: key)
      #expect(try policy.act([window], keys: [key]) == [expected])
      // Room for one action, for those that are executed, and for the whole chunk.
      for count in 1...3 {
        var actions = [Double](repeating: .nan, count: 2 * count)
        var room = actions.mutableSpan
        try policy.act(numbers: seen.span, key: key, into: &room)
        let chunk = try policy.chunks([window], keys: [key])[0].prefix(count)
        #expect(actions.map { Float($0) } == chunk.flatMap { $0 })
      }
    }
  }

  @Test func `memory of the wrong size, and what cannot be decided on, is named`() throws {
    let policy = try Policy(contentsOf: path)
    func complaint(_ numbers: [Double], _ bytes: [UInt8] = [], room count: Int = 4) -> String {
      var actions = [Double](repeating: 0, count: count)
      do {
        var room = actions.mutableSpan
        try policy.act(
          numbers: numbers.span, images: bytes.span, key: DecisionKey(seed: 0, step: 0),
          into: &room)
        return ""
      } catch { return "\(error)" }
    }
    let given = "must be 1 and 0 for each of 1…2 steps"
    #expect(complaint([]).contains("0 numbers and 0 bytes of pictures are given, but it \(given)"))
    #expect(complaint([0, 0, 0]).contains(given) && complaint([0], [7]).contains(given))
    let room = "must be for 2 values of 1…3 actions"
    #expect(complaint([0], room: 3).contains("room for 3 values of actions, but it \(room)"))
    #expect(complaint([0], room: 0).contains(room) && complaint([0], room: 8).contains(room))
    #expect(complaint([0, .nan]).contains("observation 'position' has a NaN or infinite value"))
    #expect(complaint([1e300]).contains("too far from all that was demonstrated"))
    #expect(complaint([0.5]).isEmpty)
  }

  @Test func `a policy made in the middle of a training is of that moment`() throws {
    let store = try DemonstrationStore(reading: folder.file("toy.hdf5"))
    let configuration = TrainingConfiguration(
      policy: PolicyConfiguration(backbone: MLP(hiddenWidth: 16, depth: 1)), steps: 40, batch: 32)
    let window = ObservationWindow([["position": .float32([0.25])]])
    let key = DecisionKey(seed: 1, step: 0)
    var early: Policy?
    var answers: [[[Float]]] = []
    let trainer = try Trainer(configuration, demonstrations: store, threads: 1)
    try trainer.run(output: folder.file("whole")) { _ in
    } shouldStop: {
      if trainer.training.state.step == 20 {
        early = try? Policy(trainer.checkpoint)
        answers += [(try? early?.act(window, key: key)) ?? []]
      }
      return false
    }
    answers.append(try #require(early).act(window, key: key))
    // Another training that ends there.
    let stopped = try Trainer(configuration, demonstrations: store, threads: 1)
    try stopped.run(
      output: folder.file("part"), shouldStop: { stopped.training.state.step == 20 })
    answers.append(try Policy(contentsOf: folder.file("part")).act(window, key: key))
    #expect(!answers[0].isEmpty && answers == Array(repeating: answers[0], count: 3))
    let last = try Policy(contentsOf: folder.file("whole")).act(window, key: key)
    #expect(last != answers[0])
  }

  @Test func `a decision is the published algorithm on the published layout of weights`() throws {
    let policy = try Policy(contentsOf: path, capacity: 4)
    let scale = policy.checkpoint.normalizer.observations[0]
    let action = policy.checkpoint.normalizer.action
    for seed: UInt64 in 0..<5 {
      let key = DecisionKey(seed: seed, step: 3)
      let values: [Float] = [0.2, Float(seed) / 10]
      let window = ObservationWindow(values.map { ["position": .float32([$0])] })
      let normalised = values.map {
        Double(($0 - scale.low[0]) / (scale.high[0] - scale.low[0]) * 2 - 1)
      }
      let expected = try naiveChunk(normalised, key: key).enumerated().map { index, value in
        let j = index % 2
        let (low, high) = (Double(action.low[j]), Double(action.high[j]))
        return low + (min(max(value, -1), 1) + 1) / 2 * (high - low)
      }
      let chunk = try policy.chunks([window], keys: [key])[0]
      expectClose(chunk.flatMap { $0 }, expected, relative: 1e-4, absolute: 1e-4)
      #expect(try policy.act([window], keys: [key])[0] == Array(chunk.prefix(2)))
    }
  }

  @Test(arguments: [(WeightPrecision.half, Float(0.01)), (.int8, 0.05)])
  func `weights of fewer bits move actions by little of their range`(
    _ precision: WeightPrecision, _ largest: Float
  ) throws {
    let windows = (0..<20).map {
      ObservationWindow([["position": .float32([Float($0) / 10 - 1])]])
    }
    let keys = windows.indices.map { DecisionKey(seed: UInt64($0), step: 0) }
    let single = try Policy(contentsOf: path).act(windows, keys: keys)
    let rounded = try Policy(contentsOf: path, precision: precision).act(windows, keys: keys)
    let moved = zip(single.joined().joined(), rounded.joined().joined()).map { abs($0 - $1) }
    let range = Float(4)  // of the action's first value
    #expect(try #require(moved.max()) < range * largest)
    #expect(moved.contains { $0 > 0 })
  }

  @Test func `answers do not depend on who shares the call, nor on the copy`() throws {
    let policy = try Policy(contentsOf: path, capacity: 3)
    let keys = (0..<8).map { DecisionKey(seed: UInt64($0 / 2), step: $0 % 2) }
    let windows = keys.map {
      ObservationWindow([["position": .float32([Float($0.seed) / 5 - 0.5])]])
    }
    let together = try policy.act(windows, keys: keys)
    let copy = try policy.copy()
    for (index, key) in keys.enumerated() {
      #expect(try copy.act([windows[index]], keys: [key])[0] == together[index])
    }
    for (capacity, threads) in [(8, 1), (8, 2), (1, 2), (2, 3)] {
      let other = try Policy(contentsOf: path, capacity: capacity, threads: threads)
      #expect(try other.act(windows, keys: keys) == together)
    }
    #expect(try policy.act(windows, keys: keys) == together)
    #expect(Set(together).count == 8)
  }

  @Test func `a short window repeats its first observation and a long one keeps its last`() throws {
    let policy = try Policy(contentsOf: path)
    let key = [DecisionKey(seed: 1, step: 0)]
    func act(_ values: [Float]) throws -> [[[Float]]] {
      try policy.act(
        [ObservationWindow(values.map { ["position": .float32([$0])] })], keys: key)
    }
    #expect(try act([0.3]) == act([0.3, 0.3]))
    #expect(try act([0.9, 0.1, 0.3]) == act([0.1, 0.3]))
    #expect(try act([0.1, 0.3]) != act([0.3, 0.1]))
  }

  @Test func `a malformed window names what is wrong`() throws {
    let policy = try Policy(contentsOf: path)
    func act(_ window: [ObservationFrame]) -> String {
      message {
        _ = try policy.act([ObservationWindow(window)], keys: [DecisionKey(seed: 0, step: 0)])
      }
    }
    #expect(act([]).contains("no observation"))
    #expect(act([["postion": .float32([0])]]).contains("observation 'position' is missing"))
    #expect(act([["position": .float32([0, 1])]]).contains("has 2 values, expected 1"))
    #expect(act([["position": .float32([.nan])]]).contains("NaN"))
  }

  @Test func `a sampler may be chosen when loading, within its range`() throws {
    let sampler = SamplerSpecification(kind: .ddim, noiseSteps: NoiseStepSelection(count: 4))
    let policy = try Policy(contentsOf: path, sampler: sampler)
    let window = ObservationWindow(ToyDemonstrations.window(0.2))
    let key = DecisionKey(seed: 4, step: 0)
    let usual = try Policy(contentsOf: path)
    #expect(try policy.act([window], keys: [key]) != usual.act([window], keys: [key]))
    let tooMany = SamplerSpecification(kind: .ddim, noiseSteps: NoiseStepSelection(count: 11))
    #expect(message { _ = try Policy(contentsOf: path, sampler: tooMany) }.contains("11"))
  }

  @Test func `a policy tells which space of an environment it does not fit`() throws {
    let policy = try Policy(contentsOf: path)
    try policy.checkFits(ToyDemonstrations.environment)
    var other = ToyDemonstrations.environment
    other.observations = [Space("state", [.init("x", from: 0, to: 1)])]
    #expect(message { try policy.checkFits(other) }.contains("looks at 'position'"))
    other = ToyDemonstrations.environment
    other.action = Space("action", [.init("u", from: 0, to: 1)])
    #expect(message { try policy.checkFits(other) }.contains("actions have 2 values"))
  }

  // MARK: Loading

  private func damage(_ name: String, _ change: (inout Data) -> Void) throws -> String {
    let copy = folder.file("damaged-\(UUID().uuidString)")
    try FileManager.default.copyItem(atPath: path, toPath: copy)
    let file = URL(fileURLWithPath: "\(copy)/\(name)")
    var data = try Data(contentsOf: file)
    change(&data)
    try data.write(to: file)
    // As somebody does who changes a file by hand.
    try FileManager.default.removeItem(atPath: "\(copy)/checksums.json")
    return message { _ = try Policy(contentsOf: copy) }
  }

  @Test func `what is no checkpoint is told as such`() throws {
    #expect(message { _ = try Policy(contentsOf: "/no/such") }.contains("there is no such folder"))
    #expect(
      message { _ = try Policy(contentsOf: folder.file("toy.hdf5")) }.contains("it is a file"))
    #expect(message { _ = try Policy(contentsOf: folder.path) }.contains("it has no config.json"))
  }

  @Test(arguments: ["config.json", "normalizer.json", "model.safetensors"])
  func `a file that is cut short is named`(_ name: String) throws {
    for length in [0, 40] {
      let text = try damage(name) { $0 = $0.prefix(length) }
      #expect(text.contains("/\(name): "), "\(text)")
    }
  }

  @Test(arguments: [1 << 60, -1, 0])
  func `a normaliser with an impossible number of values is told at once`(_ width: Int) throws {
    let text = try damage("normalizer.json") {
      let changed = String(decoding: $0, as: UTF8.self)
        .replacing(/"width" : \d+/, with: "\"width\" : \(width)")
      $0 = Data(changed.utf8)
    }
    #expect(text.contains("\(width) values cannot give"), "\(text)")
  }

  @Test func `a checkpoint of another version is told by its number`() throws {
    let text = try damage("config.json") {
      let changed = String(decoding: $0, as: UTF8.self)
        .replacingOccurrences(of: "\"format\" : 3", with: "\"format\" : 99")
      $0 = Data(changed.utf8)
    }
    #expect(text.contains("format 99; this version reads format 3"), "\(text)")
  }

  @Test func `a method that does not exist is named with those that do`() throws {
    let text = try damage("config.json") {
      let changed = String(decoding: $0, as: UTF8.self)
        .replacingOccurrences(of: "\"diffusion\" :", with: "\"difusion\" :")
      $0 = Data(changed.utf8)
    }
    #expect(text.contains("difusion") && text.contains("mse, gaussian, discretised"), "\(text)")
  }
}
