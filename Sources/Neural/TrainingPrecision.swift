/// How a training multiplies.
public enum TrainingPrecision: String, Sendable, Hashable, CaseIterable, Codable {
  /// In 32 bits throughout.
  case single
  /// Products of matrices round their operands to bfloat16 (8 significant bits) and add in 32 bits;
  /// weights, moments, averages, norms and losses have 32 bits (Micikevicius et al., *Mixed
  /// Precision Training*, ICLR 2018; with bfloat16's range losses need no scaling).
  ///
  /// It is for processors that multiply bfloat16s faster than floats
  /// (``Processor/gainsByMixedPrecision``); elsewhere it is a little slower than ``single``. These
  /// products have the same bytes on every processor and with any number of threads.
  case mixed
}
