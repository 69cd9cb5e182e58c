/// The cyclic redundancy check that TensorFlow's record files carry.
///
/// The polynomial is Castagnoli's, bits reflected, initial and final value all ones (RFC 3720,
/// appendix B.4).
package enum CRC32C {
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { value, _ in
      value & 1 == 1 ? (value >> 1) ^ 0x82F6_3B78 : value >> 1
    }
  }

  /// The checksum of some bytes.
  package static func checksum(of bytes: some Sequence<UInt8>) -> UInt32 {
    ~bytes.reduce(~UInt32(0)) { value, byte in
      (value >> 8) ^ table[Int((value ^ UInt32(byte)) & 0xFF)]
    }
  }

  /// The checksum as record files hold it, changed so that a file of checksums has sound ones too.
  package static func masked(_ bytes: some Sequence<UInt8>) -> UInt32 {
    let checksum = checksum(of: bytes)
    return ((checksum >> 15) | (checksum << 17)) &+ 0xA282_EAD8
  }
}
