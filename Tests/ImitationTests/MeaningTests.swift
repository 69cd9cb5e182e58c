import Demonstrations
import EnvironmentInterface
import Foundation
import Imitation
import Neural
import Randomness
import TestSupport
import Testing

/// What policies learn of values that are not just numbers, and of numbers that are not tame.
@Suite struct MeaningTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("demos.hdf5")
  }

  /// Writes episodes of 20 steps: the action at position x in [−1, 1].
  private func write(
    _ episodes: Int = 40, action: (_ x: Double, inout RandomStream, _ step: Int) -> [Double]
  ) throws {
    var stream = RandomStream(seed: 2, purpose: .demonstrator)
    try HDF5File.create(path) { root in
      let data = try root.createGroup("data")
      for episode in 0..<episodes {
        let x = (0..<20).map { _ in stream.uniform(from: -1, to: 1) }
        var actions: [[Double]] = []
        for (step, x) in x.enumerated() {
          actions.append(action(x, &stream, episode * 20 + step))
        }
        let demo = try data.createGroup("demo_\(episode)")
        try demo.write("actions", dimensions: [20, actions[0].count], actions.flatMap { $0 })
        try demo.createGroup("obs").write("x", dimensions: [20, 1], x)
      }
    }
  }

  private func trained(
    _ method: any Method = RegressionMethod(), steps: Int = 1500,
    _ change: (inout PolicyConfiguration) -> Void = { _ in }
  ) throws -> Policy {
    var policy = PolicyConfiguration(method: method, backbone: MLP(hiddenWidth: 32, depth: 2))
    change(&policy)
    let configuration = TrainingConfiguration(
      policy: policy, steps: steps, batch: 64, learningRate: LearningRate(peak: 3e-3))
    let trainer = try Trainer(configuration, demonstrations: DemonstrationStore(reading: path))
    try trainer.run()
    // As it comes from a folder.
    let output = folder.file("policy-\(method.name)")
    try trainer.checkpoint.write(to: output)
    return try Policy(contentsOf: output, capacity: 100)
  }

  private func answers(_ policy: Policy, at x: Double, count: Int = 1) throws -> [[Double]] {
    let windows = (0..<count).map { _ in ObservationWindow([["x": .float64([x])]]) }
    let keys = (0..<count).map { DecisionKey(seed: UInt64($0), step: 0) }
    return try policy.actions(windows, keys: keys).map { $0[0] }
  }

  /// Everybody faces backwards, a little to the left or to the right of ±π.
  private func faceBackwards(_ stream: inout RandomStream) -> Double {
    remainder(.pi + 0.1 * stream.normal(), 2 * .pi)
  }

  @Test func `the mean of angles on both sides of the seam is at the seam`() throws {
    try write { x, stream, _ in [faceBackwards(&stream), x] }
    let plain = try trained()
    let marked = try trained { $0.angles = ["actions.0"] }
    for x in [-0.5, 0.6] {
      // Without a mark the mean of π and −π is 0: forwards.
      #expect(try abs(answers(plain, at: x)[0][0]) < 2)
      let answer = try answers(marked, at: x)[0]
      #expect(abs(answer[0]) > 2.9 && abs(answer[0]) <= .pi, "\(answer)")
      expectClose(answer[1], x, absolute: 0.1)
    }
  }

  @Test func `diffusion covers both sides of the seam`() throws {
    try write { x, stream, _ in [faceBackwards(&stream), x] }
    let policy = try trained(DenoisingDiffusion(), steps: 2500) { $0.angles = ["actions.0"] }
    let angles = try answers(policy, at: 0.2, count: 200).map { $0[0] }
    #expect(angles.allSatisfy { abs($0) > 2.4 })
    #expect((40...160).contains(angles.count { $0 > 0 }))
  }

  @Test func `a rotation that is written as q and as −q is one rotation`() throws {
    func rotation(_ x: Double) -> [Double] {
      let half = 0.75 + 0.5 * x
      return [0, 0.6 * sin(half), 0.8 * sin(half), cos(half)]
    }
    try write { x, stream, _ in
      let sign: Double = stream.uniform() < 0.5 ? 1 : -1
      return rotation(x).map { $0 * sign }
    }
    let policy = try trained { $0.quaternions = ["actions.0-3"] }
    for x in [-0.7, 0, 0.8] {
      let q = try answers(policy, at: x)[0]
      expectClose(q.reduce(0) { $0 + $1 * $1 }, 1, absolute: 1e-6)
      let cosine = zip(q, rotation(x)).reduce(0) { $0 + $1.0 * $1.1 }
      #expect(abs(cosine) > 0.995, "\(q) at \(x)")
    }
  }

  @Test func `a gripper is open or shut, never in between`() throws {
    try write { x, _, _ in [x, x > 0.2 ? 0.04 : -0.01] }
    let methods: [any Method] = [RegressionMethod(), DiscretisedMethod()]
    for method in methods {
      let policy = try trained(method) { $0.discrete = ["actions.1"] }
      for x in [-0.9, -0.3, 0.5, 0.9] {
        let expected = x > 0.2 ? 0.04 : -0.01
        let states = try answers(policy, at: x, count: 20).map { $0[1] }
        #expect(states.allSatisfy { $0 == 0.04 || $0 == -0.01 })
        #expect(states.count { $0 == expected } >= 19, "\(method.name) at \(x)")
      }
    }
  }

  /// 0 and 0.001 fall into one bin of 20, and the mean of 0 and 1 is nearest to 0.001 or to 1: what
  /// tells them apart is a category of its own.
  @Test(arguments: [
    DiscretisedMethod() as any Method, KMeansMethod(clusters: 4), KMeansResidualMethod(clusters: 4),
  ])
  func `categories are learnt as such, however near each other or far`(method: any Method) throws {
    try write { x, stream, _ in
      [x, x < 0 ? 0.001 : stream.uniform() < 0.5 ? 0 : 1]
    }
    let policy = try trained(method) { $0.discrete = ["actions.1"] }
    #expect(policy.checkpoint.shape.actionCategories?.map(\.count) == [0, 3])
    for x in [-0.7, -0.4, 0.4, 0.7] {
      let states = try answers(policy, at: x, count: 100).map { $0[1] }
      if x < 0 {
        #expect(states.count { $0 == 0.001 } >= 95, "\(method.name) at \(x)")
      } else {
        #expect(states.allSatisfy { [0, 0.001, 1].contains($0) })
        #expect(states.count { $0 == 0.001 } <= 5, "\(method.name) at \(x)")
        #expect((25...75).contains(states.count { $0 == 1 }), "\(method.name) at \(x)")
      }
    }
  }

  @Test func `one glitch of a million flattens ranges, which is said, and no quantiles`() throws {
    try write(200) { x, _, step in [step == 777 ? 1e6 : x] }
    let store = try DemonstrationStore(reading: path)
    let warnings = try WindowDataset(store).notes.warnings
    #expect(warnings.count == 1 && warnings[0].contains("step 17 of demo_38"), "\(warnings)")
    /// The largest error over positions.
    func error(_ normalisation: [String]?) throws -> Double {
      let policy = try trained(steps: 2500) { $0.normalisation = normalisation }
      return try stride(from: -0.9, through: 0.9, by: 0.3).map { x in
        abs(try answers(policy, at: x)[0][0] - x)
      }.max() ?? .infinity
    }
    let (quantile, range) = (try error(["actions=quantile"]), try error(nil))
    #expect(quantile < 0.25, "by quantile off by \(quantile)")
    #expect(range > 1, "by range off by \(range)")
  }

  @Test func `places 4,200 km from the origin are learnt to centimetres`() throws {
    func place(_ x: Double) -> [Double] { [400_000 + 0.2 * x, 4.2e6 - 0.2 * x] }
    try write { x, _, _ in place(x) }
    let policy = try trained()
    for x in [-0.9, 0.1, 0.8] {
      expectClose(try answers(policy, at: x)[0], place(x), absolute: 0.02, "at \(x)")
    }
    let window = Data(#"{"observations": {"x": [[0.5]]}, "seed": 1}"#.utf8)
    let answer = DecisionService(policy).answer(window)
    let object = try JSONSerialization.jsonObject(with: answer) as? [String: Any]
    let actions = try #require(object?["actions"] as? [[Double]])
    expectClose(actions[0], place(0.5), absolute: 0.02, "as JSON")
  }

  /// One episode of 4 steps with the actions 0, 1, 2, 3 and 7 of one step with 0, all at the same
  /// place: what a chunk's actions are on average is known.
  @Test(arguments: [Padding.repeat, .mask])
  func `actions behind an episode's end are learnt or left out`(padding: Padding) throws {
    let repeated: [Double] = [6 / 11, 9 / 11, 11 / 11, 12 / 11]
    let expected: [Double] = padding == .mask ? [6 / 11, 2, 2.5, 3] : repeated
    try HDF5File.create(path) { root in
      let data = try root.createGroup("data")
      for (index, length) in [4, 1, 1, 1, 1, 1, 1, 1].enumerated() {
        let demo = try data.createGroup("demo_\(index)")
        try demo.write("actions", dimensions: [length, 1], (0..<length).map { Float($0) })
        try demo.createGroup("obs").write(
          "x", dimensions: [length, 1], [Float](repeating: 0, count: length))
      }
    }
    let policy = try trained(steps: 3000) {
      $0.padding = padding
      $0.horizons = (try? Horizons(prediction: 4, action: 4)) ?? .single
    }
    let window = ObservationWindow([["x": .float32([0])]])
    let chunk = try policy.actions([window], keys: [DecisionKey(seed: 0, step: 0)])[0]
    expectClose(chunk.map { $0[0] }, expected, absolute: 0.12)
    #expect(throws: ImitationError.self) {
      try self.trained(KMeansMethod()) { $0.padding = .mask }
    }
  }

  @Test func `documents that are no numbers, or absurd ones, are told by field and id`() throws {
    try write { x, _, _ in [x] }
    let service = DecisionService(try trained(steps: 5))
    func complaint(_ value: String) throws -> String {
      let line = #"{"id": "NaN \" a", "observations": {"x": \#(value)}, "seed": 1}"#
      let answer = service.answer(Data(line.utf8))
      let object = try JSONSerialization.jsonObject(with: answer) as? [String: String]
      #expect(object?["id"] == "NaN \" a")
      return object?["error"] ?? "none"
    }
    for (word, name) in [
      ("NaN", "NaN"), ("Infinity", "Infinity"), ("-Infinity", "-Infinity"), ("1e400", "Infinity"),
    ] {
      #expect(
        try complaint("[[\(word)]]")
          == "'observations.x' holds \(name); all values must be finite numbers")
    }
    #expect(try complaint("[[1e30]]").hasPrefix("observation 'x' is too far from all"))
    #expect(try complaint("[[[1]]]").contains("must be a list of lists of numbers"))
    #expect(try complaint(#"[["NaN"]]"#).contains("must be a list of lists of numbers"))
  }

  @Test func `a training goes on with changed data only if asked, and both digests are noted`()
    throws
  {
    try write { x, _, _ in [x] }
    let configuration = TrainingConfiguration(
      policy: PolicyConfiguration(
        method: RegressionMethod(), backbone: MLP(hiddenWidth: 8, depth: 1)),
      steps: 4, batch: 8)
    let output = folder.file("run")
    try Trainer(configuration, demonstrations: DemonstrationStore(reading: path)).run(
      output: output)
    let before = try Checkpoint(contentsOf: output).provenance
    #expect(before.digestCovers == ["x", "actions"])
    // One value in the middle; range and length stay.
    try write { x, _, step in [step == 7 ? 0.123 : x] }
    var longer = configuration
    longer.steps = 6
    let changed = try Trainer(longer, demonstrations: DemonstrationStore(reading: path))
    #expect(throws: ImitationError.self) { try changed.run(output: output, resume: true) }
    try Trainer(longer, demonstrations: DemonstrationStore(reading: path))
      .run(output: output, resume: true, allowsChangedData: true)
    let after = try Checkpoint(contentsOf: output).provenance
    #expect(after.formerDigests == [before.digest])
    #expect(after.digest != before.digest)
  }

  /// 84×84 is not a multiple of 8, nor need be; brought to 80×80 it is so in what is asked, too.
  @Test func `pictures of any size are seen as they are, or brought to another size`() throws {
    let picture = { (step: Int) in (0..<84 * 84).map { UInt8(($0 / 84 + step) % 256) } }
    try HDF5File.create(path) { root in
      let demo = try root.createGroup("data").createGroup("demo_0")
      try demo.write("actions", dimensions: [6, 1], (0..<6).map { Float($0) })
      try demo.createGroup("obs").write(
        "cam", dimensions: [6, 84, 84, 1], (0..<6).flatMap { picture($0) })
    }
    let store = try DemonstrationStore(reading: path)
    let plain = try trained(steps: 2) { $0.observations = ["cam"] }
    #expect(plain.checkpoint.normalizer.images[0].size == "84×84×1")
    let windows = try WindowDataset(store, observations: ["cam"], imageSize: ImageSize([80]))
    var pixels = [Float](repeating: 0, count: 80 * 80)
    windows.gather(window: 3, image: 0, into: &pixels)
    // Rows that rise by one a row rise by 84 / 80 a row.
    for row in 2..<78 {
      let expected = 3 + (Double(row) + 0.5) * 84 / 80 - 0.5
      expectClose((Double(pixels[row * 80 + 40]) + 1) / 2 * 255, expected, absolute: 0.51)
    }
    let policy = try trained(steps: 2) {
      $0.observations = ["cam"]
      $0.image.size = [80]
    }
    let seen = ObservationWindow([["cam": .uint8(picture(1))]])
    #expect(try policy.act([seen], keys: [DecisionKey(seed: 0, step: 0)]).count == 1)
    #expect(policy.checkpoint.normalizer.images[0].recordedShape == [84, 84, 1])
  }
}
