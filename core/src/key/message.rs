//! The digests of the signed bytes that several signatures share.

#[cfg(any(feature = "ecdsa", feature = "identities", feature = "ml-dsa", feature = "rsa"))]
use crate::work::{Counter, count};
#[cfg(any(feature = "ecdsa", feature = "identities", feature = "ml-dsa", feature = "rsa"))]
use sha2::Digest as _;

/// The hash functions of signature schemes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "rsa"), allow(dead_code, reason = "not all builds need all of them"))]
pub(crate) enum Hash {
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

macro_rules! digests {
    ($($(#[$when:meta])* $field:ident, $hash:ident, $bytes:literal;)*) => {
        /// The digests of a message: each is computed once, and only when a signature needs it.
        #[derive(Clone, Default)]
        pub(crate) struct Message {
            $($(#[$when])* $field: Option<sha2::$hash>,)*
        }

        /// What [`Message::finish`] gives.
        #[derive(Clone)]
        pub(crate) struct MessageDigests {
            $($(#[$when])* $field: Option<[u8; $bytes]>,)*
        }

        impl Message {
            /// Returns a message of no bytes yet, with no digest switched on.
            pub(crate) const fn new() -> Self {
                Self { $($(#[$when])* $field: None,)* }
            }

            /// Switches on a digest. To be called before the first [`Message::update`].
            pub(crate) fn need(&mut self, hash: Hash) {
                match hash {
                    $($(#[$when])* Hash::$hash => {
                        self.$field.get_or_insert_default();
                    })*
                    #[allow(unreachable_patterns, reason = "where all are there")]
                    _ => {}
                }
            }

            /// Takes the next bytes.
            #[allow(unused_variables, reason = "where none is there")]
            pub(crate) fn update(&mut self, bytes: &[u8]) {
                $($(#[$when])*
                if let Some(state) = &mut self.$field {
                    count(Counter::Hashed, bytes.len());
                    state.update(bytes);
                })*
            }

            /// Returns the digests of all bytes taken.
            pub(crate) fn finish(self) -> MessageDigests {
                MessageDigests {
                    $($(#[$when])* $field: self.$field.map(|state| state.finalize().into()),)*
                }
            }
        }

        impl MessageDigests {
            /// That digest; `None` if [`Message::need`] was not called for it.
            #[allow(dead_code, reason = "where none is there")]
            pub(crate) fn get(&self, hash: Hash) -> Option<&[u8]> {
                match hash {
                    $(
                        $(#[$when])*
                        Hash::$hash => self.$field.as_ref().map(<[u8; $bytes]>::as_slice),
                    )*
                    #[allow(unreachable_patterns, reason = "where all are there")]
                    _ => None,
                }
            }
        }
    };
}

digests! {
    #[cfg(feature = "rsa")]
    sha224, Sha224, 28;
    #[cfg(any(feature = "ecdsa", feature = "identities", feature = "rsa"))]
    sha256, Sha256, 32;
    #[cfg(any(feature = "ecdsa", feature = "rsa"))]
    sha384, Sha384, 48;
    #[cfg(any(feature = "ecdsa-p521", feature = "ml-dsa", feature = "rsa"))]
    sha512, Sha512, 64;
}
