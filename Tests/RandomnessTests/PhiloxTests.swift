import Randomness
import Testing

@Suite struct PhiloxTests {
  /// A published block: counter, key and what the generator makes of them.
  struct KnownAnswer: Sendable {
    let counter: SIMD4<UInt32>
    let key: UInt64
    let block: SIMD4<UInt32>
  }

  /// The known answers that Random123 publishes for philox4x32 with ten rounds (`kat_vectors`).
  static let knownAnswers = [
    KnownAnswer(
      counter: SIMD4(repeating: 0), key: 0,
      block: SIMD4(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8)),
    KnownAnswer(
      counter: SIMD4(repeating: .max), key: .max,
      block: SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd)),
    KnownAnswer(
      counter: SIMD4(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344),
      key: 0x299f_31d0_a409_3822,
      block: SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1)),
  ]

  @Test(arguments: knownAnswers) func `a block is Random123's`(known: KnownAnswer) {
    #expect(Philox(key: known.key).block(known.counter) == known.block)
  }
}
