import ArgumentParser

/// Names separated by commas, as in `--observations agent_pos,block_pose`.
struct NameList: ExpressibleByArgument {
  let names: [String]

  /// Splits at commas; nil for an empty name or one that stands twice.
  init?(argument: String) {
    names = argument.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    if names.contains("") || Set(names).count < names.count { return nil }
  }
}
