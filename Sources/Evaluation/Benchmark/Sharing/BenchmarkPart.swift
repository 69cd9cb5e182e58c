import Foundation

/// What one process does of a benchmark that several share, on one machine or on many.
///
/// Each computes its own cells first, then those that nobody has begun, and takes over those of a
/// process that no longer shows signs of life. The results are those of one process.
public struct BenchmarkPart: Sendable, Hashable {
  /// Which cells are its own.
  public enum Share: Sendable, Hashable {
    /// Every so many-th training, from this one on: 1…count.
    case part(Int, of: Int)
    /// These cells and no others, by their names.
    case cells([String])
  }

  /// Which cells are its own.
  public var share: Share
  /// Whether it waits for cells that others compute, to take them over if need be.
  public var waits = true
  /// After which time without a sign of life another's cell is taken over; the same in all parts.
  public var patience = standardPatience

  /// A minute: network file systems may show a file's time late.
  public static let standardPatience = Duration.seconds(60)

  /// Creates a part.
  ///
  /// - Throws: ``EvaluationError/badSetting(name:value:expected:)`` for one outside 1…count.
  public init(_ share: Share) throws(EvaluationError) {
    if case .part(let index, let count) = share, count < 1 || !(1...max(count, 1) ~= index) {
      throw .badSetting(
        name: "part", value: "\(index)/\(count)",
        expected: "I/N, the I-th of N parts, such as 1/4")
    }
    self.share = share
  }

  /// The part of a task in an array of jobs, by Slurm's variables; nil outside an array.
  ///
  /// Of an array with gaps several tasks may have the same part, which does no harm.
  public init?(slurm environment: [String: String]) {
    func number(_ name: String) -> Int? {
      environment["SLURM_ARRAY_TASK_\(name)"].flatMap(Int.init)
    }
    guard let index = number("ID"), let count = number("COUNT"), count >= 1 else { return nil }
    let place = (index - (number("MIN") ?? 0)) / max(number("STEP") ?? 1, 1)
    share = .part((place % count + count) % count + 1, of: count)
  }

  /// The indices of the missing cells that this part may compute, in its order.
  func order(_ missing: [Int], of plans: [CellPlan], at stage: SharedWork.Stage) -> [Int] {
    switch share {
    case .cells(let names):
      return missing.filter { names.contains(stage.name(of: plans[$0].cell)) }
    case .part(let index, let count):
      // All parts count the trainings alike, whatever is missing by now.
      var places: [String: Int] = [:]
      for plan in plans where places[plan.training] == nil { places[plan.training] = places.count }
      func distance(_ cell: Int) -> Int {
        ((places[plans[cell].training] ?? 0) % count - (index - 1) + count) % count
      }
      return missing.enumerated()
        .sorted { (distance($0.element), $0.offset) < (distance($1.element), $1.offset) }
        .map(\.element)
    }
  }
}
