import Claw
import EnvironmentInterface
import Foundation
import Randomness
import TestSupport
import Testing

@Suite struct `Silhouettes` {
  /// The share of the points of a fine grid over [−0.5, 0.5]² that lie in a silhouette.
  private func gridArea(_ silhouette: Silhouette) -> Double {
    let side = 1000
    var hits = 0
    for row in 0..<side {
      for column in 0..<side {
        let x = (Float(column) + 0.5) / Float(side) - 0.5
        let y = (Float(row) + 0.5) / Float(side) - 0.5
        hits += silhouette.contains([x, y]) ? 1 : 0
      }
    }
    return Double(hits) / Double(side * side)
  }

  @Test(arguments: ToyKind.allCases)
  func `have the area that counting points finds`(kind: ToyKind) {
    let silhouette = kind.silhouette
    expectClose(gridArea(silhouette), silhouette.area, relative: 2e-3)
    #expect(silhouette.boundingRadius < 0.4)
    #expect(max(silhouette.halfExtent.x, silhouette.halfExtent.y) <= silhouette.boundingRadius)
  }

  @Test func `unions of discs have the areas of geometry books`() {
    let disc = Disc(center: [0.1, -0.2], radius: 0.3)
    let area = Double.pi * 0.09
    expectClose(areaOfUnion(of: [disc]), area, relative: 1e-6)
    expectClose(areaOfUnion(of: [disc, disc, disc]), area, relative: 1e-6, "the same disc thrice")
    let inner = Disc(center: [0.15, -0.2], radius: 0.1)
    expectClose(areaOfUnion(of: [disc, inner]), area, relative: 1e-6, "one inside another")
    expectClose(areaOfUnion(of: [inner, disc]), area, relative: 1e-6, "one inside another")
    let far = Disc(center: [3, 0], radius: 0.3)
    expectClose(areaOfUnion(of: [disc, far]), 2 * area, relative: 1e-6, "two apart")
    // Two unit discs at distance d share the lens 2 acos(d/2) − (d/2) √(4 − d²).
    for (direction, d) in [(SIMD2<Float>(1, 0), 1.0), ([0, 1], 0.3), ([-0.6, -0.8], 1.9)] {
      let lens = 2 * acos(d / 2) - d / 2 * (4 - d * d).squareRoot()
      let pair = [
        Disc(center: [5, 5], radius: 1), Disc(center: [5, 5] + direction * Float(d), radius: 1),
      ]
      expectClose(areaOfUnion(of: pair), 2 * .pi - lens, relative: 1e-5, "lens at \(d)")
    }
  }

  @Test(arguments: ToyKind.allCases, [0.2, 0.5, 0.7, 0.95] as [Float])
  func `hold their shrunk forms, whose area counting points finds too`(
    kind: ToyKind, factor: Float
  ) {
    let silhouette = kind.silhouette
    let shrunk = silhouette.shrunk(by: factor)
    expectClose(gridArea(shrunk), shrunk.area, relative: 0.01)
    #expect(shrunk.area < silhouette.area)
    var outside = 0
    for row in -80...80 {
      for column in -80...80 {
        let point = SIMD2(Float(column), Float(row)) / 80 * silhouette.halfExtent
        if shrunk.contains(point) && !silhouette.contains(point) { outside += 1 }
      }
    }
    #expect(outside == 0)
  }
}

@Suite struct `The demonstrator's distribution` {
  private func crowded(_ options: ClawOptions, seed: UInt64) throws -> ClawEnvironment {
    var options = options
    options.minimumToys = 4
    let environment = try ClawEnvironment(options: options)
    environment.reset(seed: seed)
    return environment
  }

  @Test func `lies on the toys, each as often as its weight says`() throws {
    var options = ClawOptions()
    options.weights = [.ball: 1, .box: 2, .bear: 0, .snake: 5]
    let environment = try crowded(options, seed: 1)
    #expect(environment.modeProbabilities == [0.125, 0.25, 0, 0.625])
    let count = 20_000
    let actions = environment.demonstratorActions(count: count, seed: 3)
    #expect(actions == environment.demonstratorActions(count: count, seed: 3))
    #expect(actions != environment.demonstratorActions(count: count, seed: 4))
    var counts = [Int](repeating: 0, count: 4)
    for action in actions {
      guard let mode = environment.mode(of: action) else {
        Issue.record("\(action) lies on no toy")
        continue
      }
      counts[mode] += 1
    }
    for (found, probability) in zip(counts, environment.modeProbabilities) {
      let deviation = (Double(count) * probability * (1 - probability)).squareRoot()
      #expect(abs(Double(found) - Double(count) * probability) <= 5 * deviation)
    }
  }

  @Test func `chooses evenly where nothing that is there weighs anything`() throws {
    var options = ClawOptions()
    options.weights = [.ball: 0, .box: 0, .bear: 0, .snake: 0]
    #expect(try crowded(options, seed: 1).modeProbabilities == [0.25, 0.25, 0.25, 0.25])
  }

  @Test(arguments: [0.4, 0.7, 1])
  func `has a density that is the samples' and integrates to one`(shrink: Double) throws {
    var options = ClawOptions()
    options.shrink = shrink
    let environment = try crowded(options, seed: 2)
    let side = 700
    var integral = 0.0
    for row in 0..<side {
      for column in 0..<side {
        let x = (Float(column) + 0.5) / Float(side) * 2 - 1
        let y = (Float(row) + 0.5) / Float(side) * 2 - 1
        integral += environment.demonstratorDensity(of: [x, y])
      }
    }
    expectClose(integral * 4 / Double(side * side), 1, absolute: 1e-2)
    // The mean of 1/p over samples is the area of the support: Σ shrunk areas.
    let actions = environment.demonstratorActions(count: 20_000, seed: 5)
    let densities = actions.map(environment.demonstratorDensity(of:))
    // A point on the very edge may round to the outside.
    #expect(densities.count { $0 == 0 } <= 2)
    let inverse = densities.filter { $0 > 0 }.map { 1 / $0 }
    let support = ToyKind.allCases.reduce(0) {
      $0 + $1.silhouette.shrunk(by: Float(shrink)).area
    }
    expectClose(inverse.reduce(0, +) / Double(inverse.count), support, relative: 0.02)
  }

  @Test func `is uniform over the square of the box`() throws {
    var options = ClawOptions()
    options.shrink = 0.7
    let environment = try ClawEnvironment(options: options)
    let angle: Float = 0.6
    var state: [Float] = [0, 0, 0, 0, Float(ToyKind.box.rawValue), 0, 0.2, -0.3, angle]
    for _ in 0..<3 { state += [-1, 0, 0, 0, 0] }
    try environment.restore(state)
    let half = 0.13 * 0.7
    let local = environment.demonstratorActions(count: 40_000, seed: 1).map { action in
      let x = Double(action[0]) - 0.2
      let y = Double(action[1]) + 0.3
      let (c, s) = (cos(Double(angle)), sin(Double(angle)))
      return [x * c + y * s, y * c - x * s]
    }
    for axis in 0..<2 {
      let values = local.map { $0[axis] / half }
      #expect(values.allSatisfy { abs($0) < 1 + 1e-4 })
      // Sixteen equal bins; each count is within five standard deviations of 2,500.
      var bins = [Int](repeating: 0, count: 16)
      for value in values { bins[min(max(Int((value + 1) * 8), 0), 15)] += 1 }
      for bin in bins { #expect(abs(bin - 2500) < 250) }
    }
  }

  @Test func `has no actions when no toy is left, and no mode off the toys`() throws {
    let environment = try ClawEnvironment()
    var state: [Float] = [1, 0, 0, 3]
    state += [0, 1, 0, 0, 0]  // A ball that was delivered.
    for _ in 0..<3 { state += [-1, 0, 0, 0, 0] }
    try environment.restore(state)
    #expect(environment.modeCount == 0)
    #expect(environment.demonstratorActions(count: 5, seed: 0).isEmpty)
    #expect(environment.mode(of: [0, 0]) == nil)
    #expect(environment.demonstratorDensity(of: [0, 0]) == 0)
    #expect(environment.mode(of: [0]) == nil)
  }
}
