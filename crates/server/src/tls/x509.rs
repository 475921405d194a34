//! The few facts of a certificate (RFC 5280) that renewal needs.

use rustls::pki_types::CertificateDer;
use store::Millis;
use yasna::models::ObjectIdentifier;
use yasna::tags::TAG_UTCTIME;
use yasna::{ASN1Result, BERReader, Tag};

/// Read from a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Not valid before this.
    pub(super) not_before: Millis,
    /// Not valid after this.
    pub not_after: Millis,
    /// The content of the INTEGER, as encoded: RFC 9773, 4.1 wants its leading zero too.
    pub(super) serial: Vec<u8>,
    /// `keyIdentifier` of the authority key identifier (RFC 5280, 4.2.1.1), where there is one.
    pub(super) authority: Option<Vec<u8>>,
}

/// `None` where it is no certificate.
pub fn facts(certificate: &CertificateDer<'_>) -> Option<Facts> {
    yasna::parse_der(certificate, |reader| {
        reader.read_sequence(|reader| {
            let facts = reader.next().read_sequence(|reader| {
                reader.read_optional(|version| {
                    version.read_tagged(Tag::context(0), |it| it.read_u8())
                })?;
                let serial = content(&reader.next().read_der()?).to_vec();
                let _signature = reader.next().read_der()?;
                let _issuer = reader.next().read_der()?;
                let (not_before, not_after) = reader
                    .next()
                    .read_sequence(|reader| Ok((moment(reader.next())?, moment(reader.next())?)))?;
                let _subject = reader.next().read_der()?;
                let _key = reader.next().read_der()?;
                for unique_id in [1, 2] {
                    reader.read_optional(|id| {
                        id.read_tagged_implicit(Tag::context(unique_id), |it| it.read_bytes())
                    })?;
                }
                let extensions = reader.read_optional(|extensions| {
                    extensions
                        .read_tagged(Tag::context(3), |list| list.collect_sequence_of(extension))
                })?;
                let authority = extensions
                    .unwrap_or_default()
                    .into_iter()
                    .find(|(id, _)| id.components().as_slice() == [2, 5, 29, 35])
                    .and_then(|(_, value)| key_identifier(&value));
                Ok(Facts {
                    not_before,
                    not_after,
                    serial,
                    authority,
                })
            })?;
            let _algorithm = reader.next().read_der()?;
            let _signature = reader.next().read_der()?;
            Ok(facts)
        })
    })
    .ok()
}

fn moment(reader: BERReader<'_, '_>) -> ASN1Result<Millis> {
    let time = if reader.lookahead_tag()? == TAG_UTCTIME {
        *reader.read_utctime()?.datetime()
    } else {
        *reader.read_generalized_time()?.datetime()
    };
    Ok(time.unix_timestamp().saturating_mul(1000))
}

fn extension(reader: BERReader<'_, '_>) -> ASN1Result<(ObjectIdentifier, Vec<u8>)> {
    reader.read_sequence(|reader| {
        let id = reader.next().read_oid()?;
        reader.read_optional(|critical| critical.read_bool())?;
        Ok((id, reader.next().read_bytes()?))
    })
}

fn key_identifier(value: &[u8]) -> Option<Vec<u8>> {
    yasna::parse_der(value, |reader| {
        reader.read_sequence(|reader| {
            let id = reader.read_optional(|id| {
                id.read_tagged_implicit(Tag::context(0), |it| it.read_bytes())
            })?;
            // The authority's name and serial may stand beside it.
            while reader.read_optional(|it| it.read_der())?.is_some() {}
            Ok(id)
        })
    })
    .ok()
    .flatten()
}

/// What stands behind tag and length.
fn content(der: &[u8]) -> &[u8] {
    let long = match der.get(1) {
        Some(length) if *length >= 0x80 => usize::from(length & 0x7f),
        _ => 0,
    };
    der.get(2 + long..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn validity_serial_and_authority_are_read() {
        let authority_key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        params.key_identifier_method = rcgen::KeyIdMethod::PreSpecified(vec![7, 8, 9]);
        let authority = rcgen::Issuer::new(params, authority_key);
        let mut params = rcgen::CertificateParams::new(vec!["a.example.jp".to_owned()]).unwrap();
        params.use_authority_key_identifier_extension = true;
        params.serial_number = Some(rcgen::SerialNumber::from_slice(&[0x87, 0x65, 0x43, 0x21]));
        params.not_before = rcgen::date_time_ymd(2026, 11, 22);
        params.not_after = rcgen::date_time_ymd(2051, 2, 20);
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &authority).unwrap();
        let facts = facts(certificate.der()).unwrap();
        assert_eq!(facts.not_before, 1_795_305_600_000);
        // From 2050 on the time is written in another way (RFC 5280, 4.1.2.5).
        assert_eq!(facts.not_after, 2_560_464_000_000);
        // The example of RFC 9773, 4.1: the leading zero belongs to it.
        assert_eq!(facts.serial, [0x00, 0x87, 0x65, 0x43, 0x21]);
        assert_eq!(facts.authority, Some(vec![7, 8, 9]));
    }

    #[test]
    fn what_is_no_certificate_gives_nothing() {
        assert_eq!(
            facts(&CertificateDer::from(vec![0x30, 0x03, 1, 2, 3])),
            None
        );
        assert_eq!(facts(&CertificateDer::from(Vec::new())), None);
    }
}
