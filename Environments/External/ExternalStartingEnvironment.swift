import EnvironmentInterface

/// A world in another process that can be set up from what a recording shows.
final class ExternalStartingEnvironment: ExternalEnvironment, ObservedStart {
  let startObservations: [String]

  init(_ made: Made, startObservations: [String]) {
    self.startObservations = startObservations
    super.init(made)
  }

  func start(from observation: ObservationFrame) throws {
    try checkAlive()
    let arrays = try startObservations.map { name in
      guard case .float32(let values)? = observation[name] else {
        throw EnvironmentError.wrongLength(
          what: "observation '\(name)'", expected: 1, actual: 0)
      }
      return WireArray("observation/\(name)", shape: [1, values.count], values)
    }
    try take(worker.ask(request("start"), arrays))
  }
}
