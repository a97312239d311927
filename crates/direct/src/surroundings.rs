//! What a program can ask of a region.

use ironwright_engine::{ErrorKind, ProviderError, Surroundings};

use crate::call::Calls;
use crate::plain::{self, Service};
use crate::region::{self, Regions};

const EC2: Service = Service { id: "EC2", name: "ec2", host: "ec2", target: "" };
const VERSION: &str = "2016-11-15";

/// The surroundings in `region`; of its zones those that the account may use. They are not told where the
/// credentials do not allow it: few programs ask for them.
pub(crate) async fn of(regions: &Regions, calls: &Calls, region: &str) -> Result<Surroundings, ProviderError> {
    let config = regions.config_in(region);
    let answer = calls.call(plain::query(&config, &EC2, "DescribeAvailabilityZones", VERSION)).await;
    let availability_zones = match answer {
        Ok(answer) => {
            let mut zones: Vec<String> = plain::elements(&answer, "zoneName").map(str::to_owned).collect();
            zones.sort();
            zones
        }
        Err(error) if matches!(error.kind, ErrorKind::Refused | ErrorKind::NotFound | ErrorKind::Credentials) => {
            Vec::new()
        }
        Err(error) => return Err(error),
    };
    Ok(Surroundings {
        account_id: regions.account().to_owned(),
        partition: region::partition(region).to_owned(),
        url_suffix: region::url_suffix(region).to_owned(),
        availability_zones,
    })
}
