/// How many observations a policy sees, how many actions it predicts, and how many are executed.
///
/// The predicted chunk begins at the step of the decision, whose observation is the last one seen:
///
/// ```
/// step           t−1   t   t+1  t+2  t+3
/// observation    seen seen                    observation = 2
/// prediction          a₀   a₁   a₂   a₃      prediction  = 4
/// executed            a₀   a₁                action      = 2, then the next decision
/// ```
///
/// Source: Chi et al., "Diffusion Policy", RSS 2023 (there the chunk begins with the first
/// observation, and the actions before the decision are thrown away; imported policies have them as
/// ``past``).
public struct Horizons: Codable, Sendable, Hashable {
  /// The latest observations that a decision sees; at least 1.
  public let observation: Int
  /// The actions that a decision predicts; at least 1.
  public let prediction: Int
  /// The actions that are executed before the next decision; 1 to `prediction`.
  public let action: Int
  /// The actions at a chunk's beginning that lie before the decision, which are never answered.
  ///
  /// Nil for none, as all policies have that are trained here.
  public let past: Int?

  /// The actions of a chunk that are answered: those from the decision's own step on.
  public var planned: Int { prediction - (past ?? 0) }

  /// More steps than any window has; sizes that are products of it stay countable.
  private static let longest = 1_000_000

  /// One observation, one action: Diffusion BC's setting.
  public static let single = Horizons(checked: 1, 1, 1)

  /// As many observations, and one action.
  var ofOneAction: Horizons { Horizons(checked: observation, 1, 1) }

  /// Creates horizons.
  ///
  /// - Throws: ``WindowError/invalidHorizon(name:value:low:high:)``.
  public init(
    observation: Int = 1, prediction: Int = 1, action: Int = 1, past: Int? = nil
  ) throws {
    for (name, value) in [("observation", observation), ("prediction", prediction)]
    where !(1...Self.longest).contains(value) {
      throw WindowError.invalidHorizon(
        name: name, value: value, low: 1, high: value < 1 ? nil : Self.longest)
    }
    if let past, !(0..<prediction).contains(past) {
      throw WindowError.invalidHorizon(name: "past", value: past, low: 0, high: prediction - 1)
    }
    let planned = prediction - (past ?? 0)
    guard (1...planned).contains(action) else {
      throw WindowError.invalidHorizon(name: "action", value: action, low: 1, high: planned)
    }
    self.init(checked: observation, prediction, action, past: past == 0 ? nil : past)
  }

  /// Decodes horizons and checks them as ``init(observation:prediction:action:past:)`` does.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      observation: container.decode(Int.self, forKey: .observation),
      prediction: container.decode(Int.self, forKey: .prediction),
      action: container.decode(Int.self, forKey: .action),
      past: container.decodeIfPresent(Int.self, forKey: .past))
  }

  private init(checked observation: Int, _ prediction: Int, _ action: Int, past: Int? = nil) {
    self.past = past
    self.observation = observation
    self.prediction = prediction
    self.action = action
  }
}
