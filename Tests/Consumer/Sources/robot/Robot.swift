import EnvironmentInterface
import PolicyRuntime

/// What a robot links: a checkpoint, a control loop, no system library.
///
/// Usage: robot CHECKPOINT
@main
struct Robot {
  static func main() throws {
    let policy = try Policy(contentsOf: CommandLine.arguments[1])
    var loop = RecedingHorizon(policy, seed: 7)
    let seen: ObservationFrame = ["state": .float32(Array(repeating: 0.1, count: 14))]
    for step in 0..<4 {
      print(try loop.action(seeing: seen, step: step))
    }
  }
}
