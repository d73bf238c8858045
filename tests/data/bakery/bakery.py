"""An application of somebody else's: own context, dynamic instructions, a guardrail that is an agent, twins by name."""

from dataclasses import dataclass, field

from agents import Agent, GuardrailFunctionOutput, InputGuardrail, RunContextWrapper, Runner, function_tool, handoff

from harness import System


@dataclass
class Shop:
    customer: str = "somebody"
    cancelled: list[str] = field(default_factory=list)


def greeting(context: RunContextWrapper[Shop], agent: Agent[Shop]) -> str:
    return f"You are the desk. Today you serve {context.context.customer}."


@function_tool
def price_of(context: RunContextWrapper[Shop], item: str) -> str:
    """Tell what an item costs."""
    return f"{item} costs 4.20"


@function_tool(needs_approval=True)
def cancel_order(context: RunContextWrapper[Shop], order_id: str) -> str:
    """Cancel an order."""
    context.context.cancelled.append(order_id)
    return f"order {order_id} is cancelled"


recipes = Agent[Shop](name="Recipes", instructions="You know recipes.")
bread = Agent[Shop](
    name="Baker",
    instructions="You bake bread.",
    tools=[price_of, recipes.as_tool("ask_recipes", "Ask for a recipe.")],
)
cake = Agent[Shop](name="Baker", instructions="You bake cakes.", tools=[cancel_order])
bouncer = Agent[Shop](name="Bouncer", instructions="You say whether this is about baking.")


async def about_baking(context: RunContextWrapper[Shop], agent: Agent[Shop], said: object) -> GuardrailFunctionOutput:
    result = await Runner.run(bouncer, said, context=context.context)
    return GuardrailFunctionOutput(
        output_info=result.final_output, tripwire_triggered="off topic" in result.final_output
    )


desk = Agent[Shop](
    name="Desk",
    instructions=greeting,
    handoffs=[
        handoff(bread, tool_name_override="to_bread", tool_description_override="Bread."),
        handoff(cake, tool_name_override="to_cake", tool_description_override="Cake."),
    ],
    input_guardrails=[InputGuardrail(about_baking, name="about_baking")],
)


def system() -> System:
    return System(
        entry=desk,
        context=lambda given: Shop(**given),
        state=lambda shop: {"cancelled": shop.cancelled},
    )
