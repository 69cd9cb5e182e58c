import EnvironmentInterface
import Evaluation
import Imitation
import TestSupport
import Testing

/// Answers each decision by its number.
private final class NumberedAgent: Agent {
  let observationNames = ["state"]
  let observationHorizon = 1
  let action: @Sendable (Int) -> Float

  init(action: @escaping @Sendable (Int) -> Float) {
    self.action = action
  }

  func act(_ windows: [ObservationWindow], keys: [DecisionKey]) throws -> [[[Float]]] {
    keys.map { [[action($0.step)], [7]] }
  }
}

@Suite struct DecisionComparisonTests {
  private var comparison: DecisionComparison {
    var comparison = DecisionComparison()
    comparison.observations = 3
    comparison.draws = 400
    comparison.batch = 90
    return comparison
  }

  private func outcome(
    threads: Int = 2, action: @escaping @Sendable (Int) -> Float
  ) throws -> DecisionComparison.Outcome {
    try #require(
      try comparison.outcome(
        environment: { WalkEnvironment() }, agent: { NumberedAgent(action: action) },
        threads: threads))
  }

  @Test func `standing still lies between the modes, a tenth from either`() throws {
    let outcome = try outcome { _ in 0 }
    expectClose(outcome.actionWasserstein, 0.1, relative: 1e-6)
    #expect(outcome.own == ["on_step": 0, "step_coverage": 0])
  }

  @Test func `one mode alone is half the modes, and a quarter of the mass away`() throws {
    let outcome = try outcome { _ in 0.1 }
    // A quarter of the demonstrator's draws lies 0.2 away.
    expectClose(outcome.actionWasserstein, 0.25 * 0.2, absolute: 0.01)
    #expect(outcome.own == ["on_step": 1, "step_coverage": 0.5])
  }

  @Test(arguments: [(40, 1.0), (10, 0.5)])
  func `a mode counts from a fifth of its share of the draws`(
    often: Int, coverage: Double
  ) throws {
    // The left mode's share is 100 of 400 draws, so 20 would do.
    let outcome = try outcome { $0 < often ? -0.1 : 0.1 }
    #expect(outcome.own == ["on_step": 1, "step_coverage": coverage])
  }

  @Test func `the share that misses is the share that misses`() throws {
    let outcome = try outcome { $0 % 4 == 0 ? 0.02 : 0.1 }
    #expect(outcome.own["on_step"] == 0.75)
  }

  @Test func `threads do not matter, and the demonstrator is near itself`() throws {
    let action: @Sendable (Int) -> Float = { $0 % 3 == 0 ? -0.1 : 0.08 }
    #expect(try outcome(threads: 1, action: action) == outcome(threads: 3, action: action))
    let itself = try #require(
      try comparison.demonstratorOutcome(environment: { WalkEnvironment() }))
    #expect(itself.actionWasserstein > 0 && itself.actionWasserstein < 0.02)
    #expect(itself.own == ["on_step": 1, "step_coverage": 1])
    let again = try comparison.demonstratorOutcome(
      environment: { WalkEnvironment() }, repetition: 1)
    #expect(again != itself)
  }
}
