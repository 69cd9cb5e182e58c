import EnvironmentInterface

/// A demonstrator in another process.
final class ExternalDemonstrator: Demonstrator {
  private let environment: ExternalEnvironment
  private(set) var choices: [String: String] = [:]

  init(_ environment: ExternalEnvironment) { self.environment = environment }

  func begin(seed: UInt64) {
    var request = environment.request("begin")
    request.seeds = [seed]
    choices = [:]
    environment.attempt {
      choices = try environment.worker.ask(request).header.choices?.first ?? [:]
    }
  }

  func action() -> [Float] {
    var action: [Float] = []
    // Where there is none, the step that follows says why.
    environment.attempt {
      let message = try environment.worker.ask(environment.request("demonstrate"))
      if let now = message.header.choices?.first { choices = now }
      action = message.array("action")?.row(0) ?? []
    }
    return action
  }
}
