"""Words that change nothing in a request; they are understood, and neither claimed nor listed as ignored."""

from api.question.words import word_set

FILLER = word_set(
    """
    a about actually all also am an and any anybody anyone anything engine approximately are around
    as at available be best build but by
    buy can cheap cheaper cheapest cheaply choose cloud clouds come config configuration configurations configs
    configure cost costing costs could day deal decode decoding deploy deploying deployment do does each economical
    enough exact find fleet for from get getting give given good got gpu gpus great group hardware have having hello hey
    hi hints host hosted hosting how i if im in inference infra infrastructure instance instances instruct into is it
    its itself keep kindly know least let lets like list llm lm load look looking lowest machine machines make many
    me meta mix model models money more most much must my need needed needing needs node nodes of offer offering offers
    on one ones only open optimal optimum option options or our out please plan plans possible price priced prices
    pricing provide provider providers put question really recommend recommendation recommended region regions rent
    renting require required requires response right run running s serve served server servers serves serving service
    set setup should show so solution some somewhere speed standard suggest suggestion support supporting sustain
    sustained system tell than thanks thank that the their them then there these they thing this those through tier to
    total type up us use used user users using via want wanted wants was way we what whats which while will with within
    work workload would x you your self gen generation usage setup least expensive inexpensive affordable minimum min
    minimal lowest price whole weights format quantization quantized quantised precision output tokens token text chat
    instances traffic concurrently reading reads read fast reliably sized size requests request people team decent
    """
)
