import ArgumentParser
import Demonstrations

/// What may be written behind `--observations`, for the shell: the names in the file that `--demos`
/// names, behind those that stand there already.
enum ObservationNames {
  /// The completions of a list of names.
  ///
  /// - Parameters:
  ///   - words: The words of the command line.
  ///   - index: Which of them is being written; nothing of it is used.
  ///   - prefix: What is written of it.
  /// - Returns: The list with each name that may come next; nothing where there is no such file.
  @Sendable static func completions(_ words: [String], _ index: Int, _ prefix: String) -> [String] {
    guard let flag = words.lastIndex(of: "--demos"), flag + 1 < words.count,
      let store = try? DemonstrationStore(reading: words[flag + 1], following: .nowhere),
      let names = try? store.observationNames()
    else { return [] }
    let before = prefix.split(separator: ",", omittingEmptySubsequences: false).dropLast()
    let written = before.map(String.init)
    return names.filter { !written.contains($0) }.map { (written + [$0]).joined(separator: ",") }
  }
}

extension CompletionKind {
  /// Files of demonstrations.
  static var demonstrations: CompletionKind { .file(extensions: ["hdf5", "h5"]) }
}
