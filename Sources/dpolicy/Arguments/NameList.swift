import ArgumentParser

/// Names separated by commas, as in `--observations agent_pos,block_pose`.
struct NameList: ExpressibleByArgument {
  let names: [String]

  /// Splits at commas; nil for an empty name.
  init?(argument: String) {
    names = argument.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    if names.contains("") { return nil }
  }
}
