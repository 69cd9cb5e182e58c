/// What fills a training program's inputs, block by block, inside the parallel step.
public protocol BatchSource: AnyObject {
  /// Makes ready what a training step needs; called before the step, by one thread.
  ///
  /// - Parameter step: The training step, from 0.
  /// - Throws: An error where data cannot be read.
  func prepare(step: Int) throws

  /// Writes rows of every input of the program for one training step.
  ///
  /// Called at the same time from several threads for different rows; must not allocate or lock.
  /// What a row holds may depend on the step and the row only.
  func fill(_ rows: Range<Int>, step: Int)
}

extension BatchSource {
  /// Nothing needs to be made ready.
  public func prepare(step: Int) {}
}
