import Drawing
import DurableFiles
import Foundation

/// The folder that a benchmark leaves; files in it are whole or not there.
struct OutputFolder: Sendable {
  let path: String

  /// Creates the folder and those for cells, where they are not there yet.
  ///
  /// - Throws: ``EvaluationError/file(path:reason:)``.
  init(creating path: String) throws(EvaluationError) {
    guard !path.isEmpty else { throw .file(path: "''", reason: "names no folder for results") }
    self.path = path
    let cells = path + "/cells"
    do {
      try FileManager.default.createDirectory(
        atPath: cells, withIntermediateDirectories: true)
    } catch {
      throw .file(path: cells, reason: "cannot be made: \(DrawingError.reason(of: error))")
    }
  }

  /// A folder that is there, or is as if it were empty.
  init(reading path: String) { self.path = path }

  /// The names of the files of its cells.
  var cellNames: [String] {
    let names = try? FileManager.default.contentsOfDirectory(atPath: file("cells"))
    return (names ?? []).filter { $0.hasSuffix(".json") }.sorted()
  }

  /// Makes this process the only one that writes the folder, until the lock is released.
  ///
  /// - Throws: ``EvaluationError/busy(path:process:)``, or ``EvaluationError/file(path:reason:)``.
  func lock() throws(EvaluationError) -> OutputLock {
    do {
      return try OutputLock(file: file(".lock"))
    } catch let busy as OutputLock.Busy {
      throw .busy(path: path, process: busy.process)
    } catch {
      let reason = (error as? SystemFailure)?.reason ?? "\(error)"
      throw .file(path: path, reason: "cannot be locked: \(reason)")
    }
  }

  /// The path of a file in the folder.
  func file(_ name: String) -> String { "\(path)/\(name)" }

  /// Writes a file.
  ///
  /// - Throws: ``EvaluationError/file(path:reason:)``.
  func write(_ data: Data, to name: String) throws(EvaluationError) {
    do {
      try DurableFile.replace(file(name), with: data)
    } catch {
      throw .file(path: file(name), reason: "cannot be written: \(error.reason)")
    }
  }

  /// Writes what is compared, where it does not stand there yet.
  ///
  /// - Throws: ``EvaluationError/file(path:reason:)``.
  func write(_ configuration: BenchmarkConfiguration) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let settings = try encoder.encode(configuration)
    let name = "configuration.json"
    if FileManager.default.contents(atPath: file(name)) != settings {
      try write(settings, to: name)
    }
  }

  /// Writes results as JSON, Markdown and comma-separated values.
  ///
  /// - Returns: The files' paths.
  /// - Throws: ``EvaluationError/file(path:reason:)``.
  func write(_ results: BenchmarkResults) throws -> [String] {
    let files = try [
      ("results.json", results.json()), ("results.md", Data(results.markdown().utf8)),
      ("results.csv", Data(results.csv().utf8)),
    ]
    for (name, data) in files { try write(data, to: name) }
    return files.map { file($0.0) }
  }

  /// The report of a cell, if its file is there, whole, and made under the same conditions.
  func report(of cell: BenchmarkCell, conditions: [String: String]) -> CellReport? {
    guard let data = FileManager.default.contents(atPath: file("cells/\(cell.fileStem).json")),
      let report = try? JSONDecoder().decode(CellReport.self, from: data),
      report.cell == cell, report.conditions == conditions
    else { return nil }
    return report
  }

  /// Writes the report of a cell.
  ///
  /// - Throws: ``EvaluationError/file(path:reason:)``, also for a metric that is not finite.
  func write(_ report: CellReport) throws(EvaluationError) {
    let name = "cells/\(report.cell.fileStem).json"
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(report) else {
      throw .file(path: file(name), reason: "cannot be written: a metric is not finite")
    }
    try write(data, to: name)
    unlink(failureFile(report.cell))
  }

  /// What is left of a cell that could not be computed, for the other processes that share it.
  private struct Note: Codable {
    var conditions: [String: String]
    var reason: String
  }

  private func failureFile(_ cell: BenchmarkCell) -> String {
    file("cells/\(cell.fileStem).failure")
  }

  /// Notes why a cell cannot be computed under these conditions.
  ///
  /// - Throws: ``EvaluationError/file(path:reason:)``.
  func write(
    failure reason: String, of cell: BenchmarkCell, conditions: [String: String]
  ) throws(EvaluationError) {
    let note = try? JSONEncoder().encode(Note(conditions: conditions, reason: reason))
    try write(note ?? Data(), to: "cells/\(cell.fileStem).failure")
  }

  /// Why a cell could not be computed under these conditions, as another process noted it.
  func failure(of cell: BenchmarkCell, conditions: [String: String]) -> NotedFailure? {
    guard let data = FileManager.default.contents(atPath: failureFile(cell)),
      let note = try? JSONDecoder().decode(Note.self, from: data), note.conditions == conditions
    else { return nil }
    return NotedFailure(description: note.reason)
  }
}

/// Why a cell could not be computed, as a process noted it.
struct NotedFailure: Error, CustomStringConvertible {
  let description: String
}
