import Checksums
import DurableFiles
import Foundation
import Imitation

/// The claims of a process on the cells of a benchmark that several share.
final class SharedWork: Sendable {
  /// Which cells: the rivals', of which settings are chosen, or the table's.
  enum Stage: String, Sendable {
    case rivals, cells

    /// The name by which a cell is asked for.
    func name(of cell: BenchmarkCell) -> String {
      (self == .rivals ? "development/" : "") + cell.fileStem
    }
  }

  /// A cell that this process has claimed.
  struct Hold: Sendable {
    let cell, training: WorkClaim

    /// Whether another has taken the cell over, while this process stood still.
    var isLost: Bool { cell.isLost }

    /// Lets others use the training.
    func trained() { training.release() }

    /// Gives the cell back.
    func release() {
      training.release()
      cell.release()
    }
  }

  let part: BenchmarkPart
  private let claims: WorkClaims
  private let presence: WorkClaim?

  /// Joins those who compute the same cells in a folder.
  ///
  /// - Parameters:
  ///   - part: What this process does.
  ///   - folder: The results' folder.
  ///   - conditions: Everything that decides the numbers, of all cells.
  /// - Throws: ``EvaluationError/otherParts(path:process:)`` where somebody computes other cells,
  ///   ``EvaluationError/busy(path:process:)`` where one process computes all, and
  ///   ``EvaluationError/file(path:reason:)``.
  init(
    _ part: BenchmarkPart, in folder: OutputFolder, conditions: [String]
  ) throws(EvaluationError) {
    self.part = part
    // Whoever computes alone has this lock all the time.
    try folder.lock().release()
    var hash = SHA256()
    for condition in conditions.sorted() { hash.update("\(condition)\n") }
    let digest = "part-\(hash.hexadecimal.prefix(16))-"
    do {
      claims = try WorkClaims(folder: folder.file(Self.folder), patience: part.patience)
      presence = try claims.claim(digest + WorkClaims.process.asFileName)
    } catch {
      throw .file(path: folder.file(Self.folder), reason: "cannot be written: \(error.reason)")
    }
    let others = claims.names.filter { $0.hasPrefix("part-") && !$0.hasPrefix(digest) }
    if let other = others.first(where: claims.isAlive) {
      let process = claims.owner(of: other) ?? "unknown"
      claims.end()
      throw .otherParts(path: folder.path, process: process)
    }
    for other in others { claims.clearIfAbandoned(other) }
  }

  /// Where the claims lie in a folder of results.
  static let folder = "claims"

  /// Claims a cell and its training.
  ///
  /// - Returns: The hold; nil while another has the cell or trains for it.
  /// - Throws: ``EvaluationError/file(path:reason:)``.
  func hold(_ plan: CellPlan, at stage: Stage) throws(EvaluationError) -> Hold? {
    do {
      if let training = try claims.claim("training-\(plan.training.asFileName)") {
        if let cell = try claims.claim(name(of: plan, at: stage)) {
          return Hold(cell: cell, training: training)
        }
        training.release()
      }
      // Whoever waits sees who is there, and forgets the dead.
      for part in claims.names where part.hasPrefix("part-") { claims.clearIfAbandoned(part) }
      return nil
    } catch {
      throw .file(path: claims.folder, reason: "cannot be written: \(error.reason)")
    }
  }

  /// Claims the table; nil where another is writing it.
  func table() -> WorkClaim? { try? claims.claim("table") }

  /// Who has a cell or its training.
  func owner(of plan: CellPlan, at stage: Stage) -> String {
    claims.owner(of: name(of: plan, at: stage))
      ?? claims.owner(of: "training-\(plan.training.asFileName)") ?? "another process"
  }

  /// How long a cell that another has is left alone.
  var pause: Duration { part.patience / 10 }

  /// Gives back all claims.
  func leave() { claims.end() }

  private func name(of plan: CellPlan, at stage: Stage) -> String {
    "\(stage.rawValue)-\(plan.cell.fileStem)"
  }

  /// Refuses to compute alone where others compute parts; what those left who died is cleared.
  ///
  /// - Throws: ``EvaluationError/busy(path:process:)``, after the time of patience at most.
  static func clear(_ folder: OutputFolder) throws(EvaluationError) {
    let place = folder.file(Self.folder)
    guard FileManager.default.fileExists(atPath: place),
      let claims = try? WorkClaims(folder: place, patience: BenchmarkPart.standardPatience)
    else { return }
    defer { claims.end() }
    if let part = claims.names.first(where: { $0.hasPrefix("part-") && claims.isAlive($0) }) {
      throw .busy(path: folder.path, process: claims.owner(of: part) ?? "unknown")
    }
    try? FileManager.default.removeItem(atPath: place)
  }
}
