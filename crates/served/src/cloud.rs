//! A simulated cloud that answers requests as data: which service a request is for, and what disturbs it on its way.

use std::sync::Arc;

use ironwright_core::facts::FactSource;
use ironwright_engine::{Clock, Provider as _};
use ironwright_simulated::{Faults, SimulatedCloud};

use crate::caller;
use crate::cloud_control::{Call, CloudControl};
use crate::disturbances::{Disturbances, Told, Weather};
use crate::exchange::{Answer, Request, Response};
use crate::problem::Problem;
use crate::scope::Scope;

/// A simulated cloud behind its protocols.
pub struct Cloud {
    simulated: SimulatedCloud,
    control: CloudControl,
    weather: Weather,
    clock: Arc<dyn Clock>,
}

impl Cloud {
    /// `simulated` behind its protocols. `facts` tell of the types; `seed` draws ids, tokens and disturbances.
    pub fn new(
        simulated: SimulatedCloud,
        facts: Arc<dyn FactSource>,
        disturbances: Disturbances,
        seed: u64,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let faults = Faults::new(seed).not_found_first_reads(disturbances.unseen);
        let simulated = simulated.with_seed(seed).with_faults(faults);
        let control = CloudControl::new(simulated.clone(), facts, clock.clone(), seed);
        Self { simulated, control, weather: Weather::new(disturbances, seed), clock }
    }

    /// The same cloud in another era: client tokens of other eras say nothing any more, as AWS forgets them after 36 hours.
    #[must_use]
    pub fn in_era(self, era: u64) -> Self {
        Self { control: self.control.in_era(era), ..self }
    }

    /// Answers a request. What it changes is changed when this returns, whatever the answer says.
    pub async fn answer(&self, request: &Request) -> Answer {
        let scope = request.authorization.as_deref().and_then(Scope::of);
        match self.served(request, scope.as_ref()).await {
            Ok(answer) => answer,
            Err(problem) => Answer::Response(problem.response(request, scope.as_ref())),
        }
    }

    async fn served(&self, request: &Request, scope: Option<&Scope>) -> Result<Answer, Problem> {
        let scope = scope.ok_or_else(Problem::unsigned)?;
        if self.weather.is_expired(&scope.key) {
            return Err(Problem::expired());
        }
        match (scope.service.as_str(), request.target.as_deref()) {
            ("cloudcontrolapi", Some(target)) => {
                let operation = target.strip_prefix("CloudApiService.");
                let operation = operation.ok_or_else(|| Problem::not_served(target))?;
                Ok(self.disturbed(&Call::read(operation, &scope.region, &request.body)?).await)
            }
            ("sts", None) => {
                let trouble =
                    |error: ironwright_engine::ProviderError| Problem::fault("InternalFailure", error.message);
                let place = self.simulated.surroundings(&scope.region).await.map_err(trouble)?;
                caller::answer(request, &place.account_id, &place.partition).map(Answer::Response)
            }
            (service, _) => Err(Problem::not_served(&format!("the service `{service}`"))),
        }
    }

    /// Carries out a call to Cloud Control, as far as its fate lets it, and answers what its fate says.
    async fn disturbed(&self, call: &Call) -> Answer {
        let fate = self.weather.fate(call.operation(), &call.subject());
        if !fate.delay.is_zero() {
            self.clock.sleep(fate.delay).await;
        }
        match fate.told {
            Told::Throttled => return Answer::Response(throttled().json()),
            Told::ErrorBefore => return Answer::Response(trouble().json()),
            Told::Reset => return Answer::Reset,
            Told::Truth | Told::ErrorAfter | Told::Nothing => {}
        }
        let answer = self.control.answer(call, self.weather.slow(), fate.fails).await;
        match fate.told {
            Told::Nothing => Answer::Closed,
            Told::ErrorAfter => Answer::Response(trouble().json()),
            _ => Answer::Response(answer.map_or_else(|problem| problem.json(), |body| Response::json(200, &body))),
        }
    }
}

fn throttled() -> Problem {
    Problem::new("ThrottlingException", "Rate exceeded")
}

fn trouble() -> Problem {
    Problem::fault("ServiceInternalErrorException", "an internal error has occurred")
}
