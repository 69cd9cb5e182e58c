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

  /// Takes up what a training step has shown, such as averages that no gradient moves; called after
  /// the step, by one thread.
  ///
  /// What it writes is a function of the step, the weights and the batch alone.
  ///
  /// - Parameters:
  ///   - step: The training step, from 0.
  ///   - state: Weights and their average, of which it may write constants.
  func finish(step: Int, state: OptimiserState)
}

extension BatchSource {
  /// Nothing needs to be made ready.
  public func prepare(step: Int) {}

  /// Nothing is taken up.
  public func finish(step: Int, state: OptimiserState) {}
}
