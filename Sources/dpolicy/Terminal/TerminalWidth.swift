import Foundation

/// How many columns standard error has.
enum TerminalWidth {
  /// What is assumed where a terminal does not say, and where there is none.
  static let usual = 80
  /// Narrower terminals are treated as if they were so wide.
  private static let least = 20

  /// The columns now; a window may change its size meanwhile.
  static var current: Int {
    var size = winsize()
    let isKnown = ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
    return isKnown ? max(Int(size.ws_col), least) : usual
  }

  /// The first of some texts, the fullest first, that leaves the last column free, so that no
  /// terminal wraps it; if none does, the last of them, cut.
  static func fitting(_ texts: [String], in width: Int) -> String {
    texts.first { $0.count < width } ?? String((texts.last ?? "").prefix(width - 1))
  }
}
