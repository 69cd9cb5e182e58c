import Foundation
import Neural
import Randomness
import TestSupport
import Testing

/// Points seen from poses against the rotations written out.
@Suite struct FramesTests {
  @Test func `a point is seen where it lies to the left and ahead, and turned back`() {
    let graph = Graph()
    let points = graph.input("points", shape: [2, 2])
    let poses = graph.input("poses", shape: [2, 4])
    let seen = points.seen(from: poses)
    let program = TrainingProgram(
      minimising: Node.concatenation([
        seen.flattened, seen.turned(by: poses).flattened,
        points.seen(from: poses, isDirection: true).flattened,
        points.seen(from: poses.columns(0..<2)).flattened,
      ]), table: ParameterTable(), batch: 1)
    let values: [Float] = [0.5, -1.2, 2, 0.25]
    let places: [(x: Double, y: Double, angle: Double)] = [(0.3, 0.7, 0.9), (-1, 0.1, -2.5)]
    _ = program.rows(of: points).update(fromContentsOf: values)
    _ = program.rows(of: poses).update(
      fromContentsOf: places.flatMap {
        [Float($0.x), Float($0.y), Float(cos($0.angle)), Float(sin($0.angle))]
      })
    program.forward(FloatBuffer(count: 0))
    func each(_ body: (Double, Double, (x: Double, y: Double, angle: Double)) -> [Double])
      -> [Double]
    {
      places.flatMap { place in
        (0..<2).flatMap { body(Double(values[2 * $0]), Double(values[2 * $0 + 1]), place) }
      }
    }
    func turned(_ x: Double, _ y: Double, _ angle: Double) -> [Double] {
      [cos(angle) * x - sin(angle) * y, sin(angle) * x + cos(angle) * y]
    }
    let expected =
      each { x, y, p in turned(x - p.x, y - p.y, -p.angle) }
      + each { x, y, p in [x - p.x, y - p.y] }
      + each { x, y, p in turned(x, y, -p.angle) } + each { x, y, p in [x - p.x, y - p.y] }
    expectClose(Array(program.output), expected, relative: 1e-5, absolute: 1e-6)
  }

  @Test func `a mixture weighs the frames' answers by the softmax of their logits`() {
    let graph = Graph()
    let answers = graph.input("answers", shape: [3, 2, 2])
    let logits = graph.input("logits", shape: [3, 2])
    let program = TrainingProgram(
      minimising: answers.mixed(by: logits), table: ParameterTable(), batch: 1)
    let a = (0..<12).map { Float($0 * $0) / 10 }
    let l: [Float] = [0.3, -1000, 2, 5, -1, 700]
    _ = program.rows(of: answers).update(fromContentsOf: a)
    _ = program.rows(of: logits).update(fromContentsOf: l)
    program.forward(FloatBuffer(count: 0))
    var expected: [Double] = []
    for k in 0..<2 {
      let largest = (0..<3).map { Double(l[2 * $0 + k]) }.max() ?? 0
      let shares = (0..<3).map { exp(Double(l[2 * $0 + k]) - largest) }
      for j in 0..<2 {
        expected.append(
          (0..<3).reduce(0) { $0 + shares[$1] * Double(a[($1 * 2 + k) * 2 + j]) }
            / shares.reduce(0, +))
      }
    }
    expectClose(Array(program.output), expected, relative: 1e-5)
  }
}
