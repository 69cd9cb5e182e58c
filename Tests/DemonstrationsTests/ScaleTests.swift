import Demonstrations
import EnvironmentInterface
import Foundation
import Imitation
import Randomness
import TestSupport
import Testing

/// Scales beyond ranges in 32 bits: of wide numbers, robust, of angles, rotations and categories.
@Suite struct ScaleTests {
  let folder: TemporaryFolder
  let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("scales.hdf5")
  }

  /// Writes episodes of `steps` steps with `actions` and the observation `obs/x`, as doubles.
  private func write(
    _ episodes: Int = 4, steps: Int = 25, actions: (Int) -> [Double],
    x: (Int) -> [Double] = { [sin(Double($0))] }
  ) throws {
    try HDF5File.create(path) { root in
      let data = try root.createGroup("data")
      for episode in 0..<episodes {
        let demo = try data.createGroup("demo_\(episode)")
        let rows = (0..<steps).map { episode * steps + $0 }
        try demo.write(
          "actions", dimensions: [steps, actions(0).count], rows.flatMap { actions($0) })
        try demo.createGroup("obs").write(
          "x", dimensions: [steps, x(0).count], rows.flatMap { x($0) })
      }
    }
  }

  private func windows(
    _ marks: ValueMarks = ValueMarks(), _ normalisation: [String] = [], memory: Int = 1 << 30,
    normalizer: Normalizer? = nil
  ) throws -> WindowDataset {
    try WindowDataset(
      DemonstrationStore(reading: path), marks: marks,
      normalisation: NormalisationChoice(parsing: normalisation), normalizer: normalizer,
      memory: ByteCount(memory))
  }

  private func chunk(_ windows: WindowDataset, _ window: Int) -> (x: [Float], action: [Float]) {
    var x = [Float](repeating: 0, count: windows.observationWidth)
    var action = [Float](repeating: 0, count: windows.chunkWidth)
    windows.gather(window: window, observation: &x, action: &action)
    return (x, action)
  }

  /// Metres on a map and a clock, of which 32 bits would leave steps of half a metre and of 128 s.
  @Test(arguments: [1 << 30, 2048]) func `Offsets that 32 bits swallow are scaled in 64`(
    memory: Int
  ) throws {
    func action(_ step: Int) -> [Double] {
      [400_000 + 0.2 * sin(Double(step)), 4.2e6 + 0.2 * cos(Double(step))]
    }
    func x(_ step: Int) -> [Double] { [1.7e9 + 0.1 * Double(step), 7] }
    try write(actions: action, x: x)
    let windows = try windows(memory: memory)
    #expect(windows.isInMemory == (memory > 2048))
    let normalizer = windows.normalizer
    #expect(normalizer.action.arithmetic == .double)
    for step in 0..<windows.count {
      let (seen, done) = chunk(windows, step)
      // By hand, in 64 bits.
      expectClose(seen, [2 * Double(step) / 99 - 1, 0], absolute: 1e-5)
      let back = try normalizer.values(ofAction: done)
      expectClose(back, action(step), absolute: 1e-7)
      let features = try normalizer.features(of: ["x": .float64(x(step))])
      #expect(features == seen)
    }
    let data = try JSONEncoder().encode(normalizer)
    #expect(String(decoding: data, as: UTF8.self).contains("\"arithmetic\":\"double\""))
    #expect(try JSONDecoder().decode(Normalizer.self, from: data) == normalizer)
  }

  @Test func `Doubles beyond 32 bits, and a range beyond 64, are numbers`() throws {
    try write(actions: { [$0 == 7 ? 1e300 : 0, $0 == 3 ? -1.7e308 : $0 == 4 ? 1.7e308 : 0] })
    let windows = try windows()
    #expect(chunk(windows, 7).action == [1, 0])
    #expect(chunk(windows, 3).action == [-1, -1])
    #expect(try windows.normalizer.values(ofAction: [1, 1]) == [1e300, 1.7e308])
    #expect(windows.notes.warnings.count == 1)
    #expect(windows.notes.warnings[0].contains("one value makes more than half of the range"))
    #expect(windows.notes.warnings[0].contains("step 7 of demo_0"))
  }

  @Test func `What 32 bits hold is scaled as it always was, in whatever width it is stored`() throws
  {
    try write(actions: { [Double(Float(sin(Double($0)) * 3))] })
    let scale = try windows().normalizer.action
    #expect(scale.arithmetic == .float)
    let text = String(decoding: try JSONEncoder().encode(scale), as: UTF8.self)
    for key in ["arithmetic", "normalisation", "reach", "shape", "discrete", "quaternions"] {
      #expect(!text.contains(key))
    }
    let low = scale.low[0]
    let high = scale.high[0]
    for step in 0..<100 {
      let value = Float(sin(Double(step)) * 3)
      #expect(try chunk(windows(), step).action == [(value - low) / (high - low) * 2 - 1])
    }
  }

  @Test func `Normalisers without a word about it keep 32 bits`() throws {
    let text = #"""
      {"action": {"name": "actions", "width": 1, "angles": [], "low": [0.1], "high": [0.3]},
       "observations": [{"name": "x", "width": 1, "angles": [], "low": [-0.7], "high": [0.9]}]}
      """#
    let normalizer = try JSONDecoder().decode(Normalizer.self, from: Data(text.utf8))
    let value: Float = 0.123456
    let expected = (value - -0.7) / (Float(0.9) - -0.7) * 2 - 1
    #expect(try normalizer.features(of: ["x": .float32([value])]) == [expected])
    let back = Float(0.1) + (Float(0.25) + 1) / 2 * (Float(0.3) - Float(0.1))
    #expect(try normalizer.denormalise(action: [0.25]) == [back])
    // Data of 64 bits go on in the arithmetic of the training that they go on with.
    try write(actions: { [0.1 + 0.002 * Double($0)] }, x: { [-0.7 + 0.016 * Double($0)] })
    let windows = try windows(normalizer: normalizer)
    let row = Float(-0.7 + 0.016 * 31.0)
    #expect(chunk(windows, 31).x == [(row - -0.7) / (Float(0.9) - -0.7) * 2 - 1])
  }

  @Test
  func `Quantiles keep a glitch from flattening the rest, and reach as far as it goes`()
    throws
  {
    try write(10, steps: 200, actions: { [$0 == 1234 ? 1e6 : Double($0 % 101) / 100] })
    let byRange = try windows()
    #expect(
      byRange.notes.warnings.first?.contains("actions.0: 1000000 at step 34 of demo_6") == true)
    let windows = try windows(ValueMarks(), ["actions=quantile"])
    #expect(windows.notes.warnings.isEmpty)
    let scale = windows.normalizer.action
    // NumPy: np.quantile(values, [0.01, 0.99]).
    expectClose(scale.low, [0.0099], absolute: 1e-6)
    expectClose(scale.high, [0.9901], absolute: 1e-6)
    let reach = try #require(windows.shape.actionReach)
    let ends = [0, 1e6].map { 2 * ($0 - 0.0099) / 0.9802 - 1 }
    expectClose(reach[0], ends, relative: 1e-5)
    expectClose(chunk(windows, 50).action, [2 * (0.5 - 0.0099) / 0.9802 - 1], absolute: 1e-6)
    #expect(try windows.normalizer.values(ofAction: [reach[0][1]])[0] > 9.99e5)
  }

  @Test func `Mean and deviation, or nothing, when asked`() throws {
    try write(actions: { [Double($0), 5] })
    let gaussian = try windows(ValueMarks(), ["gaussian", "x=none"])
    let deviation = (Double(100 * 100 - 1) / 12).squareRoot()
    expectClose(
      chunk(gaussian, 80).action, [Double(80 - 49.5) / deviation, 0], absolute: 1e-5)
    #expect(chunk(gaussian, 80).x == [Float(sin(80.0))])
    #expect(try gaussian.normalizer.values(ofAction: [0, 0.3])[1] == 5)
    let reach = try #require(gaussian.shape.actionReach)
    expectClose(reach[0], [-49.5 / deviation, 49.5 / deviation], absolute: 1e-5)
    #expect(throws: (any Error).self) { try windows(ValueMarks(), ["y=quantile"]) }
    #expect(throws: (any Error).self) { try windows(ValueMarks(), ["quantil"]) }
  }

  @Test func `Angles among actions are two features and come back`() throws {
    // Across the seam: ±π is one direction.
    func angle(_ step: Int) -> Double { remainder(.pi + 0.1 * sin(Double(step)), 2 * .pi) }
    try write(actions: { [angle($0), Double($0), angle($0) * 180 / .pi + 180] })
    let marks = ValueMarks(angles: [
      AngleMark("actions", 0), try AngleMark(parsing: "actions.2:degrees"),
    ])
    let windows = try windows(marks)
    #expect(windows.actionWidth == 5)
    #expect(windows.normalizer.actionWidth == 3)
    for step in 0..<100 {
      let action = chunk(windows, step).action
      expectClose(
        Array(action[0...1]), [cos(angle(step)), sin(angle(step))], absolute: 1e-6)
      let back = try windows.normalizer.values(ofAction: action)
      expectClose(back[0], angle(step), absolute: 1e-6)
      // Recorded from 0 to 360: answered so.
      expectClose(back[2], angle(step) * 180 / .pi + 180, absolute: 1e-4)
    }
    #expect(windows.notes.warnings.isEmpty)
    let wrong = try self.windows(ValueMarks(angles: [AngleMark("actions", 2)]))
    #expect(
      wrong.notes.warnings.first?.contains("actions.2 is marked as an angle in radians") == true)
    for bad in ["actions.3", "acts.0", "actions.x", "actions.0:deg"] {
      #expect(throws: WindowError.self) {
        try self.windows(ValueMarks(angles: [AngleMark(parsing: bad)]))
      }
    }
  }

  @Test func `Quaternions that are not of unit length are named, with their lengths`() throws {
    func quaternion(_ step: Int, length: Double) -> [Double] {
      [0, 0.6, 0, 0.8].map { $0 * length * (step < 50 ? 1 : 0.5) }
    }
    let marks = try ValueMarks(quaternions: [
      QuaternionMark(parsing: "actions.0-3"), QuaternionMark(parsing: "actions.5-8"),
    ])
    try write(actions: { quaternion($0, length: 1.004) + [9] + quaternion($0, length: 3) })
    let warnings = try windows(marks).notes.warnings
    #expect(warnings.count == 2)
    #expect(
      warnings.first == "actions.0-3 is marked as a unit quaternion, but its length is 0.502 to"
        + " 1.004, not 1: only its direction is learnt, as a rotation; answers have length 1")
    #expect(warnings.last?.contains("actions.5-8") == true)
    #expect(warnings.last?.contains("its length is 1.5 to 3, not 1") == true)
    try write(actions: { _ in quaternion(0, length: 1.004) + [9] + quaternion(0, length: 1) })
    #expect(try windows(marks).notes.warnings == [])
  }

  @Test func `A summary tells the lengths of what is a quaternion by its name`() throws {
    try HDF5File.create(path) { root in
      let demo = try root.createGroup("data").createGroup("demo_0")
      try demo.write("actions", dimensions: [3, 1], [0.0, 1, 2])
      let observations = try demo.createGroup("obs")
      let values = [[0.0, 0, 0, 2], [0, 3, 0, 4], [1, 1, 1, 1]]
      for name in ["eef_quat", "corners"] {
        try observations.write(name, dimensions: [3, 4], values.flatMap { $0 })
      }
    }
    let summary = try DemonstrationStore(reading: path).summary()
    #expect(summary.observations.map(\.space.name) == ["corners", "eef_quat"])
    #expect(summary.observations.map(\.lengths) == [nil, [2, 5]])
    let keys = TrainingOutlook(summary).keys
    #expect(keys.map(\.warnings.count) == [0, 0, 1])
    #expect(keys.last?.warnings.first?.contains("but its length is 2 to 5, not 1") == true)
  }

  @Test func `Quaternions are one rotation for both signs and come back of length 1`() throws {
    var stream = RandomStream(seed: 5, purpose: .metric)
    let quaternions = (0..<100).map { _ in
      let q = (0..<4).map { _ in stream.normal() }
      let length = q.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return q.map { $0 / length }
    }
    try write(actions: { step in [1] + quaternions[step] }, x: { quaternions[$0].map { -$0 } })
    let marks = ValueMarks(quaternions: [
      try QuaternionMark(parsing: "actions.1-4"), QuaternionMark("x", 0),
    ])
    let windows = try windows(marks)
    #expect(windows.actionWidth == 7)
    #expect(windows.stepObservationWidth == 6)
    for step in 0..<100 {
      let (x, action) = chunk(windows, step)
      // −q is the same rotation.
      expectClose(Array(action[1...]), x, absolute: 1e-6)
      // The columns of a rotation: length 1, at right angles.
      let (a, b) = (action[1...3].map(Double.init), action[4...6].map(Double.init))
      expectClose(zip(a, a).reduce(0) { $0 + $1.0 * $1.1 }, 1, absolute: 1e-6)
      expectClose(zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }, 0, absolute: 1e-6)
      // The matrix turns v as q v q* does.
      let q = quaternions[step]
      let turned = rotate([1, 0, 0], by: q)
      expectClose(a, turned, absolute: 1e-6)
      let back = try Array(windows.normalizer.values(ofAction: action)[1...])
      expectClose(back.reduce(0) { $0 + $1 * $1 }, 1, absolute: 1e-12)
      let sign: Double = back[3] * q[3] < 0 ? -1 : 1
      expectClose(back.map { $0 * sign }, q, absolute: 1e-6)
      #expect(back[3] >= 0)
    }
    // What a network answers is no rotation; the nearest is.
    let answer = try windows.normalizer.values(ofAction: [0, 0.4, 0.1, -0.2, 0.5, 0.5, 0.1])
    expectClose(answer[1...].reduce(0) { $0 + $1 * $1 }, 1, absolute: 1e-12)
    let parallel = try windows.normalizer.values(ofAction: [0, 1, 0, 0, 1, 0, 0])
    expectClose(parallel[1...].reduce(0) { $0 + $1 * $1 }, 1, absolute: 1e-12)
  }

  /// q v q*, by the product of quaternions (x, y, z, w).
  private func rotate(_ v: [Double], by q: [Double]) -> [Double] {
    func product(_ a: [Double], _ b: [Double]) -> [Double] {
      [
        a[3] * b[0] + a[0] * b[3] + a[1] * b[2] - a[2] * b[1],
        a[3] * b[1] - a[0] * b[2] + a[1] * b[3] + a[2] * b[0],
        a[3] * b[2] + a[0] * b[1] - a[1] * b[0] + a[2] * b[3],
        a[3] * b[3] - a[0] * b[0] - a[1] * b[1] - a[2] * b[2],
      ]
    }
    return Array(product(product(q, v + [0]), [-q[0], -q[1], -q[2], q[3]])[0..<3])
  }

  @Test func `The sign that quaternions were recorded with is the one that is answered`() throws {
    // Every one has a negative second component.
    try write(actions: { step in
      let angle = 1 + 0.3 * sin(Double(step))
      return [sin(angle) * 0.6, -sin(angle) * 0.8, 0, cos(angle + 0.7)].map { $0 }
    })
    let windows = try windows(ValueMarks(quaternions: [QuaternionMark("actions", 0)]))
    for step in 0..<100 {
      #expect(try windows.normalizer.values(ofAction: chunk(windows, step).action)[1] < 0)
    }
    let error = #expect(throws: WindowError.self) {
      try windows.normalizer.normalise(action: [0, 0, 0, 0])
    }
    #expect("\(try #require(error))".contains("quaternion of length 0 at index 0"))
  }

  @Test func `A discrete action is answered with a recorded value`() throws {
    try write(actions: { [Double($0), $0 % 3 == 0 ? 0.04 : -0.01] })
    let windows = try windows(ValueMarks(discrete: [DiscreteMark(parsing: "actions.1")]))
    for (feature, expected) in [(Float(-3), -0.01), (-0.1, -0.01), (0.1, 0.04), (1, 0.04)] {
      #expect(try windows.normalizer.values(ofAction: [0, feature])[1] == expected)
    }
    #expect(throws: WindowError.self) {
      try self.windows(
        ValueMarks(angles: [AngleMark("actions", 1)], discrete: [DiscreteMark(1)]))
    }
    try write(20, steps: 20, actions: { [Double($0)] })
    let many = #expect(throws: WindowError.self) {
      try self.windows(ValueMarks(discrete: [DiscreteMark(0)]))
    }
    #expect("\(try #require(many))".contains("has 400 different values; at most 256"))
  }

  @Test func `An observation that is too far from all is blamed by name`() throws {
    try write(actions: { [Double($0)] })
    let normalizer = try windows().normalizer
    let error = #expect(throws: WindowError.self) {
      try normalizer.features(of: ["x": .float32([1e30])])
    }
    #expect("\(try #require(error))".hasPrefix("observation 'x' is too far from all"))
  }
}
