import Drawing
import DurableFiles
public import EnvironmentInterface
import Foundation
import Imitation

/// The results of a benchmark as a page and as pictures, made from the folder that it left.
///
/// The page holds everything itself and needs no network: tables that a click on a heading sorts,
/// learning curves, pictures as SVG, the protocol and the configuration. It is a function of the
/// folder's `results.json`, `configuration.json`, cells and metrics alone: the same results give
/// the same bytes.
public struct BenchmarkReport {
  /// The file's name in the folder.
  public static let fileName = "report.html"

  /// The numbers and how they came to be.
  public let results: BenchmarkResults
  /// What was compared.
  public let configuration: BenchmarkConfiguration
  /// The cells behind the rows, in their order.
  let cells: [CellReport]
  /// The pictures, environment by environment.
  let figures: [ReportFigure]
  /// The configuration as it stands in its file.
  let configurationText: String
  private let folder: String

  /// Reads what a benchmark left and draws its pictures.
  ///
  /// - Parameters:
  ///   - folder: The benchmark's folder.
  ///   - makeEnvironment: Makes an environment as it is described.
  /// - Throws: ``EvaluationError/missing(what:where:)`` for a folder without results,
  ///   ``EvaluationError/file(path:reason:)`` for a file of it that is missing or malformed,
  ///   `DrawingError` for a picture that would be too large, and what the environments throw.
  public init(
    contentsOf folder: String,
    environment makeEnvironment: @escaping (EnvironmentDescription) throws -> any Environment
  ) throws {
    self.folder = folder
    guard FileManager.default.fileExists(atPath: "\(folder)/results.json") else {
      let hasCells = !OutputFolder(reading: folder).cellNames.isEmpty
      throw EvaluationError.missing(
        what: "results.json of a finished benchmark"
          + (hasCells ? "; --collect \(folder) makes a table of the cells that are there" : ""),
        where: folder)
    }
    let results: BenchmarkResults = try Self.decoded("\(folder)/results.json")
    let configuration: BenchmarkConfiguration = try Self.decoded("\(folder)/configuration.json")
    self.results = results
    self.configuration = configuration
    configurationText = String(
      decoding: try Self.contents("\(folder)/configuration.json"), as: UTF8.self)
    let missing = Set((results.failures ?? []).map(\.cell))
    cells = try results.rows.flatMap { row in
      try (0..<configuration.seeds).map { seed in
        BenchmarkCell(
          environment: row.environment, method: row.method, backbone: row.backbone,
          variant: row.variant, seed: UInt64(seed))
      }.filter { !missing.contains($0) }.map { cell in
        try Self.decoded("\(folder)/cells/\(cell.fileStem).json")
      }
    }
    var figures: [ReportFigure] = []
    for name in results.environmentNames {
      let own = cells.filter { $0.cell.environment == name }
      guard let text = own.first?.conditions["environment"] else { continue }
      let description = try JSONDecoder().decode(
        EnvironmentDescription.self, from: Data(text.utf8))
      let pictures = BenchmarkPictures(
        name: name, makeEnvironment: { try makeEnvironment(description) }, reports: own,
        rows: results.rows.filter { $0.environment == name }, configuration: configuration,
        metrics: results.metrics)
      figures += try pictures.figures()
      let curves = LearningCurves(
        environment: name, cells: own.map(\.cell), checkpoints: "\(folder)/checkpoints")
      if let figure = try curves.figure() { figures.append(figure) }
    }
    self.figures = figures
  }

  /// Writes the pictures as PNG and the page into the folder, each file whole or not at all.
  ///
  /// - Returns: The files' paths.
  /// - Throws: `DrawingError` and ``EvaluationError/file(path:reason:)``.
  public func write() throws -> [String] {
    var paths: [String] = []
    for figure in figures {
      let path = "\(folder)/\(figure.name).png"
      try figure.canvas.writePNG(to: path)
      paths.append(path)
    }
    let path = "\(folder)/\(Self.fileName)"
    do {
      try DurableFile.replace(path, with: Data(html().utf8))
    } catch {
      throw EvaluationError.file(path: path, reason: "cannot be written: \(error.reason)")
    }
    return paths + [path]
  }

  private static func contents(_ path: String) throws(EvaluationError) -> Data {
    do {
      return try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      throw .file(path: path, reason: "cannot be read: \(DrawingError.reason(of: error))")
    }
  }

  private static func decoded<Value: Decodable>(_ path: String) throws(EvaluationError) -> Value {
    let data = try contents(path)
    do {
      return try JSONDecoder().decode(Value.self, from: data)
    } catch {
      throw .file(path: path, reason: "is not what a benchmark of this version writes")
    }
  }
}

extension BenchmarkResults {
  /// The environments in the order in which they first appear.
  var environmentNames: [String] {
    rows.reduce(into: []) { names, row in
      if !names.contains(row.environment) { names.append(row.environment) }
    }
  }
}
