import Foundation

/// A page that several may look at and one may use.
protocol SharedPage: AnyObject {
  /// Who may use it.
  var control: PageControl { get set }
  /// What all are told in words.
  var note: PageNote { get set }

  /// Does what the page with control asks for.
  ///
  /// - Returns: Whether there is something new to show.
  /// - Throws: What is wrong with it; nothing has changed then.
  func perform(_ message: PageMessage) throws -> Bool
}

extension SharedPage {
  /// Does what a page asks for, if it may; what is wrong is told in words.
  ///
  /// - Returns: Whether there is something new to show.
  func answer(_ data: Data, from client: Int) -> Bool {
    do {
      let message = try PageMessage(data)
      if message.type == "claim" {
        control.claim(client)
        return true
      }
      guard client == control.holder else {
        // A pointer that moves over a page without control is not a mistake.
        if message.type == "steer" { return false }
        throw StudioFailure.notNow(
          command: message.type, reason: "another page has control; take over first")
      }
      return try perform(message)
    } catch {
      note.complain(error)
      return true
    }
  }
}
