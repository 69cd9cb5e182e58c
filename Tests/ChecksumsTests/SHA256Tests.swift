import CChecksums
import Checksums
import Testing

/// Digests by the processor's instructions, by portable C, and by the standard's own examples.
@Suite struct SHA256Tests {
  private func digest(_ bytes: [UInt8], pieces: Int = .max) -> String {
    var hash = SHA256()
    var rest = bytes[...]
    while !rest.isEmpty {
      Array(rest.prefix(pieces)).withUnsafeBytes { hash.update($0) }
      rest = rest.dropFirst(pieces)
    }
    return hash.hexadecimal
  }

  @Test func `The examples of the standard have their digests`() {
    #expect(
      digest([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(
      digest(Array("abc".utf8))
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(
      digest(Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8))
        == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
    #expect(
      digest([UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000))
        == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }

  @Test(arguments: [1, 3, 63, 64, 65, 127, 200])
  func `Pieces of any size give the digest of the whole`(size: Int) {
    let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    #expect(digest(bytes, pieces: size) == digest(bytes))
  }

  @Test func `Instructions and portable code agree`() {
    let blocks = (0..<64 * 7).map { UInt8(truncatingIfNeeded: $0 &* 97 &+ $0 >> 5) }
    var fast = (0..<8).map { UInt32(0x1234_5678) &* UInt32($0 + 1) }
    var portable = fast
    for count in 0...7 {
      CChecksums_sha256(&fast, blocks, count)
      CChecksums_sha256_portable(&portable, blocks, count)
      #expect(fast == portable)
    }
  }
}
