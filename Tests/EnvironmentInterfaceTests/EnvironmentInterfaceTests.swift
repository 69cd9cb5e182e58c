import Claw
import EnvironmentInterface
import Foundation
import Naming
import Push
import TestSupport
import Testing

@Suite struct `The registry` {
  private let registry = EnvironmentRegistry([ClawEnvironment.entry, PushEnvironment.entry])

  private func text(_ name: String, _ options: [String: Double] = [:]) -> String? {
    let error = #expect(throws: (any Error).self) { try registry.make(name, options: options) }
    return error.map { "\($0)" }
  }

  @Test func `makes what it lists, with defaults for what is not said`() throws {
    for entry in registry.entries {
      let environment = try registry.make(entry.name)
      for option in entry.options {
        #expect(environment.description.options[option.name] == option.defaultValue)
      }
    }
    let claw = try registry.make("claw", options: ["drops": 7, "shrink": 0.35])
    #expect(claw.description.episodeLimit == 7)
    #expect(claw.description.options["shrink"] == 0.35)
  }

  @Test func `names the nearest name for one that it does not know`() {
    #expect(
      text("psh") == "unknown environment 'psh' (did you mean 'push'?); known: claw, push")
    #expect(text("Claw") == "unknown environment 'Claw' (did you mean 'claw'?); known: claw, push")
    #expect(text("kitchen") == "unknown environment 'kitchen'; known: claw, push")
    #expect(text("push", ["spred": 1])?.contains("(did you mean 'spread'?)") == true)
  }

  @Test func `refuses values out of range, fractions of a count, and NaN`() {
    #expect(text("push", ["spread": 2]) == "option 'spread' is 2.0, but must lie in 0.0…1.0")
    #expect(text("push", ["spread": .nan])?.contains("must lie in") == true)
    #expect(text("claw", ["toys": 2.5]) == "option 'toys' is 2.5, but must be a whole number")
    #expect(
      text("claw", ["toys": 2, "minimum_toys": 3])
        == "option 'minimum_toys' is 3.0, but must lie in 1.0…2.0")
  }
}

@Suite struct `Names, spaces and shapes` {
  @Test(arguments: [
    ("diffusoin", "diffusion"), ("mes", "mse"), ("MSE", "mse"), ("", nil), ("completely", nil),
  ])
  func `the nearest name is near`(typed: String, nearest: String?) {
    #expect(nearestName(to: typed, among: ["mse", "diffusion", "kmeans"]) == nearest)
  }

  @Test func `a space clamps values and finds the first that is outside`() throws {
    let space = Space("a", [.init("x", from: -1, to: 1), .init("y", from: 0, to: 10)])
    #expect(try space.clamped([-3, 11]) == [-1, 10])
    #expect(try space.clamped([0.5, 5]) == [0.5, 5])
    #expect(space.firstOutside([0, 0]) == nil)
    #expect(space.firstOutside([0, -0.1]) == 1)
    #expect(space.firstOutside([.nan, 0]) == 0)
    #expect(throws: EnvironmentError.self) { try space.clamped([0]) }
    #expect(throws: EnvironmentError.self) { try space.clamped([0, .nan]) }
    #expect(Space(image: "i", height: 32, width: 48).count == 32 * 48 * 3)
  }

  @Test func `a placed shape is turned, scaled and moved`() throws {
    let shape = Scene.Shape(
      .polygon([.init(1, 0), .init(0, 2)]), stroke: .init(0, 0, 0), strokeWidth: 0.1)
    let placed = shape.placed(at: .init(10, 20), angle: .pi / 2, scale: 3)
    guard case .polygon(let points) = placed.outline else {
      Issue.record("not a polygon any more")
      return
    }
    expectClose(points.flatMap { [$0.x, $0.y] }, [10, 23, 4, 20], absolute: 1e-12)
    expectClose(placed.strokeWidth, 0.3, absolute: 1e-12)
    let circle = Scene.Shape(.circle(center: .init(1, 1), radius: 2)).placed(at: .init(0, 0))
    #expect(circle.outline == .circle(center: .init(1, 1), radius: 2))
  }

  @Test func `a rounded rectangle has the area of one`() {
    let outline = Scene.Outline.roundedRectangle(
      center: .init(3, -1), halfWidth: 2, halfHeight: 1, corner: 0.5)
    guard case .polygon(let points) = outline else {
      Issue.record("not a polygon")
      return
    }
    let shifted = points.dropFirst() + points.prefix(1)
    let area = zip(points, shifted).reduce(0) { $0 + ($1.0.x * $1.1.y - $1.0.y * $1.1.x) / 2 }
    expectClose(area, 8 - (4 - Double.pi) * 0.25, absolute: 0.01)
  }

  @Test func `a scene survives JSON`() throws {
    for environment in [PushEnvironment(), try ClawEnvironment()] as [any Environment] {
      environment.reset(seed: 4)
      let data = try JSONEncoder().encode(environment.scene)
      #expect(try JSONDecoder().decode(Scene.self, from: data) == environment.scene)
    }
  }
}
