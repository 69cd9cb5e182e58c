import Foundation
import Testing

/// Runs Python scripts, where there is a Python with h5py.
public enum Python {
  /// The interpreter that has h5py, or nil.
  public static let path: String? = {
    for path in ["/usr/bin/python3", "/usr/local/bin/python3", "/opt/homebrew/bin/python3"]
    where FileManager.default.isExecutableFile(atPath: path) {
      if (try? run("import h5py", [], path: path))?.status == 0 { return path }
    }
    return nil
  }()

  /// Runs a script and returns what it printed; fails the test where the script fails.
  ///
  /// - Throws: Where there is no such interpreter.
  public static func output(_ script: String, _ arguments: String...) throws -> String {
    let result = try run(script, arguments, path: try #require(path))
    #expect(result.status == 0, "\(result.errors)")
    return result.output
  }

  private static func run(
    _ script: String, _ arguments: [String], path: String
  ) throws -> (status: Int32, output: String, errors: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = ["-c", script] + arguments
    let output = Pipe()
    let errors = Pipe()
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let complaint = String(
      decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, text, complaint)
  }
}
