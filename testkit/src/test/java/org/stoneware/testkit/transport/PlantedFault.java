package org.stoneware.testkit.transport;

/** A way for a transport to be wrong, and the test of the contract that must notice. */
enum PlantedFault {
    /** A control: with no fault the same test must pass. */
    NONE("shouldDeliverEveryFrameOnceInOrderBothWays"),
    LOSES_A_FRAME("shouldDeliverEveryFrameOnceInOrderBothWays"),
    REPEATS_A_FRAME("shouldDeliverEveryFrameOnceInOrderBothWays"),
    SWAPS_TWO_FRAMES("shouldDeliverEveryFrameOnceInOrderBothWays"),
    DAMAGES_A_FRAME("shouldDeliverEveryFrameOnceInOrderBothWays"),
    CUTS_LONG_FRAMES("shouldDeliverFramesOfEveryLength"),
    TAKES_EMPTY_FRAMES("shouldRefuseFramesOfIllegalLength"),
    SENDS_ABORTED_FRAMES("shouldNeverShowAnAbortedFrame"),
    DROPS_UNDER_BACK_PRESSURE("shouldPushBackWhenTheOtherEndDoesNotPollAndLoseNothing"),
    EXCEEDS_THE_FRAME_LIMIT("shouldDeliverNoMoreFramesThanAsked"),
    MIXES_UP_CLIENTS("shouldServeManyClientsAtOnce"),
    HIDES_A_LOSS("shouldTellTheOtherEndOnceWhenOneCloses"),
    REPORTS_A_LOSS_TWICE("shouldTellTheOtherEndOnceWhenOneCloses"),
    FORGETS_THE_LAST_FRAME("shouldDeliverWhatWasSentBeforeTheClose"),
    GIVES_UP_WHEN_FROZEN("shouldSurviveAFreezeOfTheReceiver"),
    HEARS_STRANGERS("shouldDropGarbageAndCountIt"),
    HIDES_GARBAGE("shouldDropGarbageAndCountIt"),
    ACCEPTS_AN_ID_TWICE("shouldRefuseASecondConnectionWithTheSameId"),
    ACCEPTS_TOO_MANY("shouldRefuseMoreConnectionsThanAllowed"),
    MISCOUNTS("shouldCountWhatItMoves"),
    IGNORES_WAKEUP("shouldEndItsWaitWhenWokenFromAnotherThread"),
    SLEEPS_THROUGH_ARRIVALS("shouldEndItsWaitWhenAFrameArrives");

    private final String caughtBy;

    PlantedFault(String caughtBy) {
        this.caughtBy = caughtBy;
    }

    String caughtBy() {
        return caughtBy;
    }
}
