import CHDF5
import Checksums

/// Checksums of our own, which no library has to understand: an attribute beside what it covers.
///
/// A dataset has `checksum = "sha256:DIGITS"`, the SHA-256 of a line of element type and shape
/// (`float32 120 2`) and of the stored bytes. A group has `"sha256:DIGITS of A B"` for its
/// attributes A and B, each a line of its name and then its stored bytes. Files of others and of
/// earlier versions have none, and nothing of theirs is compared.
enum HDF5Checksum {
  /// The name of the attribute.
  static let attribute = "checksum"
  private static let prefix = "sha256:"
  private static let separator = " of "

  /// The checksum of a dataset's stored bytes.
  static func text(of bytes: UnsafeRawBufferPointer, type: String, shape: [Int]) -> String {
    var hash = SHA256()
    hash.update("\(([type] + shape.map { "\($0)" }).joined(separator: " "))\n")
    hash.update(bytes)
    return prefix + hash.hexadecimal
  }

  /// Whether a text is a checksum of this kind.
  static func isKnown(_ text: String) -> Bool { text.hasPrefix(prefix) }

  /// The name of an element type as numpy has it, such as `float32`, `uint8` or `S6`; nil for one
  /// whose stored bytes are not values.
  static func typeName(_ type: hid_t) -> String? {
    let size = H5Tget_size(type)
    switch H5Tget_class(type) {
    case H5T_FLOAT: return "float\(8 * size)"
    case H5T_INTEGER: return (H5Tget_sign(type) == H5T_SGN_NONE ? "uint" : "int") + "\(8 * size)"
    case H5T_STRING: return H5Tis_variable_str(type) == 0 ? "S\(size)" : nil
    default: return nil
    }
  }

  /// The checksum of a group's attributes by name and stored bytes.
  fileprivate static func text(of attributes: [(name: String, bytes: [UInt8])]) -> String {
    var hash = SHA256()
    for (name, bytes) in attributes {
      hash.update("\(name)\n")
      bytes.withUnsafeBytes { hash.update($0) }
    }
    return prefix + hash.hexadecimal + separator + attributes.map(\.name).joined(separator: " ")
  }

  /// The names of the attributes that a group's checksum covers.
  fileprivate static func names(in text: String) -> [String]? {
    guard isKnown(text), let start = text.firstRange(of: separator)?.upperBound else { return nil }
    return text[start...].split(separator: " ").map(String.init)
  }
}

extension HDF5Object where Self: ~Copyable {
  /// The checksum that an object has, or nil where it has none of this kind.
  func checksum() throws -> String? {
    guard try hasAttribute(HDF5Checksum.attribute) else { return nil }
    guard let text = try? text(HDF5Checksum.attribute) else { return nil }
    return HDF5Checksum.isKnown(text) ? text : nil
  }
}

extension HDF5Group {
  /// Writes the checksum of all attributes that the group has now.
  func seal() throws {
    var attributes: [(name: String, bytes: [UInt8])] = []
    for name in try attributeNames() where name != HDF5Checksum.attribute {
      if !name.contains(" "), let bytes = try storedBytes(name) { attributes.append((name, bytes)) }
    }
    try setAttribute(HDF5Checksum.attribute, HDF5Checksum.text(of: attributes))
  }

  /// Compares the group's attributes with their checksum, if it has one.
  ///
  /// - Throws: ``HDF5Failure`` where they differ.
  func checkAttributes() throws {
    guard let text = try checksum(), let names = HDF5Checksum.names(in: text) else { return }
    var attributes: [(name: String, bytes: [UInt8])] = []
    for name in names {
      guard try hasAttribute(name), let bytes = try storedBytes(name) else {
        throw HDF5Failure(reason: "attribute '\(name)' is missing or not as it was written")
      }
      attributes.append((name, bytes))
    }
    guard HDF5Checksum.text(of: attributes) == text else {
      throw HDF5Failure(
        reason: "its attributes (\(names.joined(separator: ", "))) do not match their checksum")
    }
  }
}
