/// What an error says to the user; "no error" where none is thrown.
public func message(_ body: () throws -> Void) -> String {
  do {
    try body()
    return "no error"
  } catch {
    return "\(error)"
  }
}
