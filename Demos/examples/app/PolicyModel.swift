import EnvironmentInterface
import Observation
import PolicyRuntime

/// A policy for the views of an app: they watch ``actions``, and nothing is decided on the main
/// actor.
///
/// ```swift
/// struct ArmView: View {
///   @State private var model = PolicyModel(folder: "runs/push")
///   var body: some View { Text(model.words).task { await model.see(sensors.latest) } }
/// }
/// ```
@MainActor @Observable final class PolicyModel {
  /// The actions to execute next, oldest first; empty before the first decision.
  private(set) var actions: [[Float]] = []
  /// What went wrong in the last decision; nil where nothing did.
  private(set) var problem: String?
  private let brain: Brain
  private var decisions = 0

  /// Names a checkpoint folder, which is loaded with the first decision.
  init(folder: String) { brain = Brain(folder: folder) }

  /// What a label may say.
  var words: String { problem ?? "actions planned: \(actions.count)" }

  /// Decides on what is seen.
  func see(_ frame: ObservationFrame) async {
    defer { decisions += 1 }
    do {
      actions = try await brain.actions(seeing: frame, decision: decisions)
      problem = nil
    } catch {
      problem = "\(error)"
    }
  }
}

/// Owns the policy, which serves one task at a time.
private actor Brain {
  private let folder: String
  private var policy: Policy?

  init(folder: String) { self.folder = folder }

  func actions(seeing frame: ObservationFrame, decision: Int) throws -> [[Float]] {
    let policy = try policy ?? Policy(contentsOf: folder)
    self.policy = policy
    return try policy.act(ObservationWindow([frame]), key: DecisionKey(seed: 0, step: decision))
  }
}

/// Stands for the app: sees twice, once something impossible.
///
/// Usage: app CHECKPOINT
@main
struct App {
  @MainActor static func main() async {
    let model = PolicyModel(folder: CommandLine.arguments[1])
    await model.see(["state": .float32(Array(repeating: 0.1, count: 14))])
    print(model.words)
    await model.see(["state": .float32([0.1])])
    print(model.words)
  }
}
