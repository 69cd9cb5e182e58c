import Demonstrations
import EnvironmentInterface
import Evaluation
import Foundation
import Imitation
import Synchronization

/// Stands for training: `good` agents walk like ``WalkAgent``, `idle` ones stand still, and
/// `diverging` ones never come to be.
final class FakeTrainer: CellTrainer {
  struct Divergence: Error, CustomStringConvertible {
    let description = "the loss is no longer finite"
  }

  private let trained = Mutex<[BenchmarkCell]>([])
  private let training = Mutex<Set<String>>([])
  private let overlaps = Mutex(0)
  let learningRate: Double

  init(learningRate: Double = 0.1) {
    self.learningRate = learningRate
  }

  /// The cells for which an agent was asked, in order.
  var trainedCells: [BenchmarkCell] { trained.withLock { $0 } }

  /// How often two cells trained the same at a time.
  var overlapCount: Int { overlaps.withLock { $0 } }

  func settings(of cell: BenchmarkCell, in task: BenchmarkTask) throws -> String {
    "\(cell.method) at \(learningRate) \(words(of: cell.variant))"
  }

  func trainingName(of cell: BenchmarkCell) throws -> String {
    "\(cell.method) \(cell.seed) \(words(of: cell.variant.filter { !$0.hasPrefix("sampling") }))"
  }

  private func words(of variant: Variant) -> String {
    variant.values.map { "\($0.key)=\($0.value)" }.sorted().joined(separator: " ")
  }

  func concerns(_ setting: String, method: String, backbone: String) throws -> Bool {
    method != "idle"
  }

  func agentFactory(
    of cell: BenchmarkCell, in task: BenchmarkTask, threads: Int,
    shouldStop: @escaping @Sendable () -> Bool
  ) throws -> @Sendable () throws -> any Agent {
    let name = try trainingName(of: cell)
    if !training.withLock({ $0.insert(name).inserted }) { overlaps.withLock { $0 += 1 } }
    defer { training.withLock { _ = $0.remove(name) } }
    trained.withLock { $0.append(cell) }
    Thread.sleep(forTimeInterval: 0.005)
    switch cell.method {
    case "good": return { WalkAgent() }
    case "diverging": throw Divergence()
    default: return { IdleAgent() }
    }
  }

  func protocolEntries(for cells: [BenchmarkCell]) throws -> [BenchmarkProtocol.Entry] {
    [BenchmarkProtocol.Entry("sampler", "none")]
  }
}

final class IdleAgent: Agent {
  let observationNames = ["state"]
  let observationHorizon = 1

  func act(_ windows: [ObservationWindow], keys: [DecisionKey]) throws -> [[[Float]]] {
    windows.map { _ in [[0]] }
  }
}

func walkTask(digest: String = "abc") throws -> BenchmarkTask {
  var demonstrations: [Episode] = []
  try Recorder(episodes: 40, seed: 0, observations: ["state", "image"]).record(
    environment: { WalkEnvironment() }, demonstrator: { _ in WalkDemonstrator() },
    each: { episode, _ in
      demonstrations.append(episode)
      return true
    })
  return try BenchmarkTask(
    environment: { WalkEnvironment() }, demonstrator: { _ in WalkDemonstrator() },
    demonstrations: demonstrations, path: "walk.hdf5", digest: digest)
}

func walkBenchmark(digest: String = "abc") throws -> Benchmark {
  var configuration = BenchmarkConfiguration(
    environments: [.init(environment: "walk", demonstrations: "walk.hdf5")])
  configuration.methods = ["good", "idle"]
  configuration.seeds = 2
  configuration.episodes = 20
  configuration.decisionObservations = 2
  configuration.decisionDraws = 50
  return try Benchmark(configuration, tasks: [walkTask(digest: digest)], packageVersion: "1.2.3")
}

/// A folder that is gone afterwards.
func withTemporaryFolder<Value>(_ body: (String) throws -> Value) throws -> Value {
  let path = NSTemporaryDirectory() + "evaluation-\(UUID().uuidString)"
  defer { try? FileManager.default.removeItem(atPath: path) }
  return try body(path)
}
