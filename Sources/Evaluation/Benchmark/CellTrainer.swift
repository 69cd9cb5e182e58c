public import Imitation

/// One training of a benchmark, or the demonstrations' counterpart of it.
public struct BenchmarkCell: Codable, Sendable, Hashable, CustomStringConvertible {
  /// The environment's name.
  public var environment: String
  /// The method's name, or ``BenchmarkRow/demonstrations``.
  public var method: String
  /// The backbone's name; `-` for the demonstrations.
  public var backbone: String
  /// The training seed.
  public var seed: UInt64

  /// Creates a cell.
  public init(environment: String, method: String, backbone: String, seed: UInt64) {
    self.environment = environment
    self.method = method
    self.backbone = backbone
    self.seed = seed
  }

  /// Whether it stands for the demonstrations themselves.
  public var isDemonstrations: Bool { method == BenchmarkRow.demonstrations }

  /// Environment, method, backbone and seed.
  public var description: String {
    let who = isDemonstrations ? method : "\(method) \(backbone)"
    return "\(environment) \(who) seed \(seed)"
  }

  /// The name of its file or folder, without extension.
  var fileStem: String {
    (isDemonstrations ? [environment, method] : [environment, method, backbone])
      .joined(separator: "-") + "-\(seed)"
  }
}

/// What turns demonstrations into agents for a benchmark.
public protocol CellTrainer: Sendable {
  /// Everything that decides what training makes of a cell, as text: a cell whose text has changed
  /// is computed anew.
  func settings(of cell: BenchmarkCell, in task: BenchmarkTask) throws -> String

  /// Trains a cell, or loads what an earlier run trained with the same settings.
  ///
  /// - Returns: What makes the trained agent, once for each thread that acts.
  func agentFactory(
    of cell: BenchmarkCell, in task: BenchmarkTask
  ) throws -> @Sendable () throws -> any Agent

  /// Lines for the protocol, such as `sampler`, `checkpoint` and `training`.
  var protocolEntries: [BenchmarkProtocol.Entry] { get }
}
