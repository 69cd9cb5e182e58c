public import Foundation

/// What stands behind a page that moves: a world that is stepped, or a policy that acts in one.
///
/// One thread owns it (``LiveStation``), so that it needs no lock and may hold an environment.
public protocol LivePage: AnyObject {
  /// The time between two ticks; nil while nothing moves by itself.
  var period: Duration? { get }

  /// One tick of the clock.
  func tick()

  /// Takes a message of a page; a bad one becomes an error in words and changes nothing else.
  ///
  /// - Parameters:
  ///   - message: A JSON document.
  ///   - client: The number of the connection.
  /// - Returns: Whether all pages should be told at once what there is now.
  func receive(_ message: Data, from client: Int) -> Bool

  /// A page has connected.
  func connected(_ client: Int)

  /// A page has gone.
  func disconnected(_ client: Int)

  /// What a page is told now.
  ///
  /// Each document says all that there is to say, so that one which is lost on the way is made up
  /// for by the next.
  func documents(for client: Int) -> [Data]

  /// The end: what was saved is brought into its last form.
  ///
  /// - Throws: What could not be written.
  func close() throws
}
